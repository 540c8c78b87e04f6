import type { Prediction } from '@shared/schemas/run'
import { decide } from '../../ml/decide'
import { withMemoryAdvice } from '../../ml/model'
import { openTrained, predictEach, samplesIn, typedText, type NewSample } from '../../ml/predict'
import type { JobHandler } from '../protocol'

/** Ends of a run's interval around a number. */
const around = (value: number, halfWidth: number | undefined) =>
  halfWidth === undefined ? {} : { low: value - halfWidth, high: value + halfWidth }

const predict: JobHandler<'predict'> = async (input, { signal, log }) => {
  const { runDir, files, rows, texts = [], thresholds, halfWidth } = input
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
      const { value, sample } = predicted
      if (value !== undefined) {
        predictions.push({ input: sample.name, class: '', probabilities: {}, value, ...around(value, halfWidth) })
        continue
      }
      const probabilities = Object.fromEntries(classes.map((name, k) => [name, predicted.probabilities[k]!]))
      const decided = decide(predicted, predictions.length, classes, thresholds)
      predictions.push({ input: sample.name, class: decided, probabilities })
    }
    return predictions
  })
}

export default predict
