import type { Prediction } from '@shared/schemas/run'
import { decide } from '../../ml/decide'
import { withMemoryAdvice } from '../../ml/model'
import { openTrained, predictEach, samplesIn, typedText, type NewSample } from '../../ml/predict'
import type { JobHandler } from '../protocol'

const predict: JobHandler<'predict'> = async ({ runDir, files, rows, texts = [], thresholds }, { signal, log }) => {
  const { trained, predictor } = await openTrained(runDir, log)
  async function* samples(): AsyncGenerator<NewSample> {
    for (const [i, values] of rows.entries()) yield { name: `#${i + 1}`, input: { values } }
    for (const [i, text] of texts.entries()) yield { name: `text ${i + 1}`, input: typedText(trained, text) }
    for (const path of files) yield* samplesIn(path, trained, signal)
  }
  const { classes } = trained.meta
  return withMemoryAdvice(async () => {
    const predictions: Prediction[] = []
    for await (const predicted of predictEach(trained, predictor, samples(), signal)) {
      const probabilities = Object.fromEntries(classes.map((name, k) => [name, predicted.probabilities[k]!]))
      const decided = decide(predicted, predictions.length, classes, thresholds)
      predictions.push({ input: predicted.sample.name, class: decided, probabilities })
    }
    return predictions
  })
}

export default predict
