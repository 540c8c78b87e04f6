import { basename } from 'node:path'
import { argMax } from '@shared/metrics/classification'
import { throwIfAborted } from '@shared/errors'
import type { FieldValue } from '@shared/schemas/dataset'
import type { Prediction } from '@shared/schemas/run'
import { profileTable, readRows } from '../../ml/decode/table-file'
import { breathe, evaluationBatch } from '../../ml/evaluate'
import { withMemoryAdvice } from '../../ml/model'
import { typedRow } from '../../ml/modalities/table'
import { predictorOf, type Predictor } from '../../ml/onnx/predictor'
import type { PredictInput } from '../../ml/snapshot'
import { loadTrained, type TrainedModel } from '../../ml/trained'
import type { JobHandler } from '../protocol'

interface Named {
  name: string
  sample: PredictInput
}

const predict: JobHandler<'predict'> = async ({ runDir, files, rows }, { signal, log }) => {
  const trained = await loadTrained(runDir)
  const named = rows.map((values, i): Named => ({ name: `#${i + 1}`, sample: { values } }))
  for (const path of files) named.push(...(await samplesOf(path, trained, signal)))
  const predictor = await predictorOf(trained, runDir)
  if (predictor.reason) log('info', `The engine itself predicts, not ONNX Runtime: ${predictor.reason}`)
  return withMemoryAdvice(() => predictAll(trained, predictor, named, signal))
}

/** A picture is one sample; a table has one a row, named `file.csv#1`. */
async function samplesOf(path: string, { meta }: TrainedModel, signal: AbortSignal): Promise<Named[]> {
  if (meta.modality === 'image') return [{ name: path, sample: { path } }]
  const kinds = Object.fromEntries(meta.fields.map(({ name, kind }) => [name, kind]))
  const table = await profileTable(path, kinds, signal)
  const samples: Named[] = []
  for await (const cells of readRows(table, signal)) {
    const values: Record<string, FieldValue> = typedRow(table.columns, cells).values
    samples.push({ name: `${basename(path)}#${samples.length + 1}`, sample: { values } })
  }
  return samples
}

async function predictAll(
  trained: TrainedModel,
  predictor: Predictor,
  named: Named[],
  signal: AbortSignal,
): Promise<Prediction[]> {
  const { classes } = trained.meta
  const batch = evaluationBatch(trained.inputShape.reduce((product, length) => product * length, 1))
  const predictions: Prediction[] = []
  for (let from = 0; from < named.length; from += batch) {
    throwIfAborted(signal)
    const part = named.slice(from, from + batch)
    const samples = part.map(({ sample }) => sample)
    const inputs = await trained.encode(samples, signal)
    const probabilities = await predictor.probabilities(await inputs.data<'float32'>(), part.length)
    inputs.dispose()
    part.forEach(({ name }, i) => {
      const row = rowOf(probabilities, i, classes.length)
      const byClass = Object.fromEntries(classes.map((known, k) => [known, row[k]!]))
      predictions.push({ input: name, class: classes[argMax(row)]!, probabilities: byClass })
    })
    await breathe()
  }
  return predictions
}

/** One sample's probabilities with float32's nine digits. */
const rowOf = (values: Float32Array, index: number, classes: number): number[] =>
  Array.from(values.subarray(index * classes, (index + 1) * classes), (value) => Number(value.toPrecision(9)))

export default predict
