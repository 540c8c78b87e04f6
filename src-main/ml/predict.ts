import { basename } from 'node:path'
import { throwIfAborted, WorkbenchError } from '@shared/errors'
import { isFiles, modalityFacts } from '@shared/modalities'
import { argMax } from '@shared/metrics/classification'
import { isTextFile } from '@shared/texts'
import { openSeries } from './decode/series/open'
import { profileTable, readRows } from './decode/table-file'
import { wholeText } from './decode/texts'
import { breathe, evaluationBatch } from './evaluate'
import { typedRow } from './modalities/table'
import { predictorOf, type Predictor } from './onnx/predictor'
import type { PredictInput } from './snapshot'
import { loadTrained, type TrainedModel } from './trained'

/** Something new to predict. */
export interface NewSample {
  /** The picture's path, or `file.csv#1` for a row. */
  name: string
  input: PredictInput
  /** A row as it stands in its file; absent for a picture. */
  cells?: string[]
}

export interface Predicted {
  sample: NewSample
  /** Empty where a number is predicted. */
  class: string
  /** In the order of the run's classes, with float32's nine digits. */
  probabilities: number[]
  /** The number, in the target's units. */
  value?: number
}

/** A run's model and what answers for it; the log is told where that is not ONNX Runtime. */
export async function openTrained(runDir: string, log: (level: 'info', message: string) => void) {
  const trained = await loadTrained(runDir)
  const predictor = await predictorOf(trained, runDir)
  if (predictor.reason) log('info', `The engine itself predicts, not ONNX Runtime: ${predictor.reason}`)
  return { trained, predictor }
}

/** The samples of a file: a picture is one, a table has one a row. Rows are read as they are asked for. */
export async function* samplesIn(path: string, { meta }: TrainedModel, signal: AbortSignal): AsyncGenerator<NewSample> {
  if (meta.modality === 'graph')
    throw new WorkbenchError(
      'incompatible',
      'This run answers for the nodes of the graph that it was trained on, and has done so for all of them: see its predictions. There are no files of new nodes.',
    )
  if (isFiles(meta.modality)) return yield { name: path, input: { path } }
  if (meta.modality === 'series') return yield* seriesIn(path, signal)
  if (meta.modality === 'text' && isTextFile(path))
    return yield { name: path, input: typedText({ meta }, await wholeText(path, signal)) }
  const table = await tableOf(path, { meta }, signal)
  let row = 0
  for await (const cells of readRows(table, signal))
    yield { name: `${basename(path)}#${++row}`, input: { values: typedRow(table.columns, cells).values }, cells }
}

/** Series of a file, in its order; one file may hold many. */
async function* seriesIn(path: string, signal: AbortSignal): AsyncGenerator<NewSample> {
  const source = await openSeries([path], signal)
  const channels = source.channels.length
  for await (const { name, steps, values } of source.read(signal))
    yield { name, input: { series: { steps, channels, values } } }
}

/** A text at hand: of several fields that are read it is the first. Throws `incompatible` where the run reads no texts. */
export function typedText({ meta }: Pick<TrainedModel, 'meta'>, text: string): PredictInput {
  if (meta.modality !== 'text')
    throw new WorkbenchError('incompatible', `This run reads ${modalityFacts[meta.modality].many}, not texts.`)
  return { values: Object.fromEntries(meta.fields.map(({ name }, i) => [name, i === 0 ? text : null])) }
}

/** A table read with the kinds that its columns had in training. */
export function tableOf(path: string, { meta }: Pick<TrainedModel, 'meta'>, signal: AbortSignal) {
  return profileTable(path, Object.fromEntries(meta.fields.map(({ name, kind }) => [name, kind])), signal)
}

/** Predicts in batches, so that a file of any length fits. */
export async function* predictEach(
  trained: TrainedModel,
  predictor: Predictor,
  samples: AsyncIterable<NewSample>,
  signal: AbortSignal,
): AsyncGenerator<Predicted> {
  const size = evaluationBatch(trained.inputShape.reduce((product, length) => product * length, 1))
  for await (const batch of batchesOf(samples, size)) {
    throwIfAborted(signal)
    yield* await predictBatch(trained, predictor, batch, signal)
    await breathe()
  }
}

async function predictBatch(trained: TrainedModel, predictor: Predictor, batch: NewSample[], signal: AbortSignal) {
  const { classes } = trained.meta
  const inputs = batch.map(({ input }) => input)
  const answers = await answersTo(trained, predictor, inputs, signal)
  if (trained.target)
    return batch.map((sample, i): Predicted => ({ sample, class: '', probabilities: [], value: answers[i]![0]! }))
  return batch.map((sample, i): Predicted => {
    const probabilities = answers[i]!
    return { sample, class: classes[argMax(probabilities)]!, probabilities }
  })
}

/** Class probabilities [n][classes], or the one number [n][1], of samples at hand, all in one pass. */
export async function answersTo(
  trained: TrainedModel,
  predictor: Predictor,
  inputs: PredictInput[],
  signal: AbortSignal,
): Promise<number[][]> {
  if (inputs.length === 0) return []
  const encoded = await trained.encode(inputs, signal)
  const values = await encoded.data<'float32'>()
  encoded.dispose()
  const answers = await predictor.probabilities(values, inputs.length)
  const width = answers.length / inputs.length
  return inputs.map((_, i) =>
    Array.from(answers.subarray(i * width, (i + 1) * width), (value) => Number(value.toPrecision(9))),
  )
}

async function* batchesOf<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = []
  for await (const item of items) {
    batch.push(item)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
