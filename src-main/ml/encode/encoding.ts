import type { FieldValue } from '@shared/schemas/dataset'
import { WorkbenchError } from '@shared/errors'
import { namesIn } from '@shared/masks'
import type { RunParams } from '../settings'
import { readPlace, readPlaces } from '../decode/series/pack'
import type { PredictInput, SeriesValues, Snapshot } from '../snapshot'
import { decodePictures, fitPictures, pictureShape, type DrawnEncoding } from './pictures'
import { fitClips } from './clips'
import { encodeNodes, fitGraph, type GraphEncoding } from './graph'
import { encodeAllSeries, encodedShape, fitSeries, type SeriesEncoding } from './series'
import { encodeRows, fitColumns, type ColumnValues, type TableEncoding } from './table'
import { encodeTexts, fitText, joinedText, textOf, type TextEncoding } from './text'

/** How samples become numbers; fitted once per run on its training split and kept in its folder as `encoding.json`. */
export type Encoding = TableEncoding | DrawnEncoding | SeriesEncoding | TextEncoding | GraphEncoding

/** Fits the encoding of a snapshot's data: on labelled training samples only, so that nothing leaks from the test. */
export async function fitEncoding(snapshot: Snapshot, params: RunParams): Promise<Encoding> {
  const trained = snapshot.samples.filter((sample) => sample.split === 'train' && sample.target !== null)
  if (snapshot.modality === 'image') return fitPictures(trained, params.imageSize, params.colour, params.maskRegions)
  if (snapshot.modality === 'audio') return fitClips(trained, params)
  if (snapshot.modality === 'graph') return fitGraph(snapshot.samples.map(({ node }) => node))
  if (snapshot.modality === 'series') {
    const values = await readPlaces(trained.map(({ series }) => series!))
    return fitSeries(
      trained.map(({ series }, i) => ({ ...series!, values: values[i]! })),
      params,
    )
  }
  if (snapshot.modality === 'text') {
    const fields = snapshot.fields.map(({ name }) => name)
    return fitText(
      fields,
      trained.map(({ values }) => joinedText(values ?? [])),
      params,
    )
  }
  const kept = seenFields(snapshot.fields, params)
  const positions = kept.map((field) => snapshot.fields.indexOf(field))
  const indices = snapshot.samples.flatMap(({ split, target }, at) => (split === 'train' && target !== null ? at : []))
  return fitColumns(kept, (k) => columnOf(snapshot, positions[k]!, indices))
}

/** The fields of a table that a run sees. */
export function seenFields<F extends { name: string; isSensitive: boolean }>(
  fields: F[],
  { excludeSensitive, maskFields }: Partial<Pick<RunParams, 'excludeSensitive' | 'maskFields'>>,
): F[] {
  const masked = new Set(namesIn(maskFields))
  return fields.filter(({ name, isSensitive }) => !(excludeSensitive && isSensitive) && !masked.has(name))
}

/** Shape of one encoded sample: [height, width, channels], [steps, channels + 1], [length], [columns] or of a node [1]. */
export function inputShapeOf(encoding: Encoding): number[] {
  if (encoding.kind === 'image' || encoding.kind === 'audio') return pictureShape(encoding)
  if (encoding.kind === 'text') return [encoding.length]
  if (encoding.kind === 'graph') return [1]
  return encoding.kind === 'series' ? encodedShape(encoding) : [encoding.columns.length]
}

function columnOf(snapshot: Snapshot, field: number, indices: number[]): ColumnValues {
  if (snapshot.table && snapshot.fields[field]!.kind === 'number') return snapshot.table.numbers(field, indices)
  return indices.map((at) => valueOf(snapshot, at, field))
}

const valueOf = ({ samples, table }: Snapshot, at: number, field: number): FieldValue =>
  (table ? table.value(at, field) : samples[at]!.values?.[field]) ?? null

/** Values of a table's snapshot samples from `from` on, up to `to`, in the order of the encoding's fields. */
export function snapshotRows(encoding: TableEncoding, snapshot: Snapshot, from: number, to: number): FieldValue[][] {
  const positions = encoding.fields.map(({ field }) => snapshot.fields.findIndex((known) => known.name === field))
  return Array.from({ length: to - from }, (_, i) => positions.map((field) => valueOf(snapshot, from + i, field)))
}

/** Encodes new samples: [n, ...inputShape] float32, row-major. Throws `invalid_input` for a row that lacks a field. */
export async function encodeInputs(
  encoding: Encoding,
  samples: PredictInput[],
  signal?: AbortSignal,
): Promise<Float32Array> {
  if (encoding.kind === 'table')
    return encodeRows(
      encoding,
      samples.map((sample, i) => rowOf(encoding, sample, i)),
    )
  if (encoding.kind === 'graph') return encodeNodes(encoding, samples)
  if (encoding.kind === 'series') return encodeAllSeries(encoding, await Promise.all(samples.map(seriesOf)))
  if (encoding.kind === 'text')
    return encodeTexts(
      encoding,
      samples.map((sample) => textOf(encoding, sample)),
    )
  const files = samples.map(({ path }) => {
    if (path) return { path }
    throw new WorkbenchError(
      'invalid_input',
      `This model reads ${encoding.kind === 'audio' ? 'clips: give WAV files' : 'pictures: give picture files'}, not table rows.`,
    )
  })
  return Float32Array.from(await decodePictures(files, encoding, signal), (byte) => byte / 255)
}

async function seriesOf({ series }: PredictInput): Promise<SeriesValues> {
  if (!series) throw new WorkbenchError('invalid_input', 'This model reads time series: give files of series.')
  return 'values' in series ? series : { ...series, values: await readPlace(series) }
}

function rowOf(encoding: TableEncoding, { values }: PredictInput, index: number): FieldValue[] {
  if (!values)
    throw new WorkbenchError('invalid_input', 'This model reads table rows: give a CSV file or rows, not pictures.')
  const lacking = encoding.fields.map(({ field }) => field).filter((field) => !Object.hasOwn(values, field))
  if (lacking.length === 0) return encoding.fields.map(({ field }) => values[field] ?? null)
  throw new WorkbenchError(
    'invalid_input',
    `Row ${index + 1} lacks the column${lacking.length > 1 ? 's' : ''} ${lacking.map((name) => `"${name}"`).join(', ')}. ` +
      'The model was trained with it; leave the cell empty where the value is unknown.',
    { lacking },
  )
}
