import { WorkbenchError } from '@shared/errors'
import type { RunParams } from '../settings'
import type { SeriesValues } from '../snapshot'

/**
 * How series become numbers, [steps, channels + 1]: the last channel is 1 where the series has a step and 0 where it has
 * ended, so that series of unequal lengths fit in one batch and networks see which steps count.
 */
export interface SeriesEncoding {
  kind: 'series'
  steps: number
  channels: number
  /** Steps that are averaged into one. */
  shrink: number
  normalise: RunParams['normalise']
  /** By channel, of the training split. */
  means: number[]
  deviations: number[]
  rule: string
}

const autoSteps = 512

/** Length and channels of encoded series, the one that marks their steps included. `wanted` 0: by the longest. */
export function seriesShape({ steps, channels }: { steps: number; channels: number }, wanted: number): number[] {
  return [shrunkTo(steps, wanted).steps, channels + 1]
}

export const encodedShape = ({ steps, channels }: SeriesEncoding) => [steps, channels + 1]

function shrunkTo(longest: number, wanted: number): { steps: number; shrink: number } {
  const most = wanted > 0 ? wanted : autoSteps
  const shrink = Math.max(1, Math.ceil(longest / most))
  const steps = Math.ceil(longest / shrink)
  return { shrink, steps: wanted > 0 ? wanted : steps }
}

/** Fits length and scale on training series. */
export function fitSeries(
  trained: SeriesValues[],
  { seriesLength, normalise }: Pick<RunParams, 'seriesLength' | 'normalise'>,
): SeriesEncoding {
  const longest = trained.reduce((most, { steps }) => Math.max(most, steps), 1)
  const channels = trained[0]?.channels ?? 1
  const { steps, shrink } = shrunkTo(longest, seriesLength)
  const { means, deviations } = scaleOf(trained, channels)
  return {
    kind: 'series',
    steps,
    channels,
    shrink,
    normalise,
    means,
    deviations,
    rule: ruleOf(steps, shrink, normalise),
  }
}

function ruleOf(steps: number, shrink: number, normalise: SeriesEncoding['normalise']): string {
  const scaled = {
    channel: 'Each channel minus its training mean, divided by its training standard deviation',
    sample: 'Each channel of a series minus its own mean, divided by its own standard deviation',
    none: 'Values as they are',
  }[normalise]
  const averaged = shrink > 1 ? `every ${shrink} steps averaged into one, ` : ''
  return (
    `${scaled}; ${averaged}${steps} steps, shorter series filled up with zeros at the end and longer ones cut there. ` +
    'One more channel is 1 where the series has a step. Missing values lie on a straight line between their neighbours; at the ends the nearest value is kept.'
  )
}

/** Mean and standard deviation of each channel over all known values; a constant channel keeps its size. */
function scaleOf(series: SeriesValues[], channels: number): Pick<SeriesEncoding, 'means' | 'deviations'> {
  const means: number[] = []
  const deviations: number[] = []
  for (let channel = 0; channel < channels; channel++) {
    let [count, sum, squares] = [0, 0, 0]
    const each = (visit: (value: number) => void) => {
      for (const { steps, values } of series)
        for (let step = 0; step < steps; step++) {
          const value = values[step * channels + channel]!
          if (Number.isFinite(value)) visit(value)
        }
    }
    each((value) => (count++, (sum += value)))
    const mean = count > 0 ? sum / count : 0
    each((value) => (squares += (value - mean) ** 2))
    const deviation = count > 0 ? Math.sqrt(squares / count) : 0
    means.push(mean)
    deviations.push(deviation > 1e-12 * Math.abs(mean) && deviation > 0 ? deviation : 1)
  }
  return { means, deviations }
}

/** Encodes series: [series.length, steps, channels + 1] float32, row-major. */
export function encodeAllSeries(
  encoding: SeriesEncoding,
  series: SeriesValues[],
  progress: (done: number) => void = () => {},
): Float32Array {
  const strange = series.find(({ channels }) => channels !== encoding.channels)
  if (strange)
    throw new WorkbenchError(
      'invalid_input',
      `This model reads series of ${encoding.channels} channel${encoding.channels > 1 ? 's' : ''}, and one has ${strange.channels}.`,
    )
  const size = encoding.steps * (encoding.channels + 1)
  const encoded = new Float32Array(series.length * size)
  series.forEach((one, i) => {
    encodeInto(encoded.subarray(i * size, (i + 1) * size), encoding, one)
    if (i % 1000 === 999) progress(i + 1)
  })
  return encoded
}

function encodeInto(out: Float32Array, encoding: SeriesEncoding, one: SeriesValues): void {
  const { steps, channels, shrink } = encoding
  const width = channels + 1
  const length = Math.min(steps, Math.ceil(one.steps / shrink))
  for (let channel = 0; channel < channels; channel++) {
    const values = completed(one, channel, encoding.means[channel]!)
    const [mean, deviation] = centreOf(encoding, channel, values)
    for (let step = 0; step < length; step++) {
      const from = step * shrink
      const to = Math.min(values.length, from + shrink)
      let sum = 0
      for (let at = from; at < to; at++) sum += values[at]!
      out[step * width + channel] = (sum / (to - from) - mean) / deviation
    }
  }
  for (let step = 0; step < length; step++) out[step * width + channels] = 1
}

function centreOf(
  { normalise, means, deviations }: SeriesEncoding,
  channel: number,
  values: Float64Array,
): [number, number] {
  if (normalise === 'none') return [0, 1]
  if (normalise === 'channel') return [means[channel]!, deviations[channel]!]
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length))
  return [mean, deviation > 0 ? deviation : 1]
}

/** One channel with its gaps closed by straight lines; without any value it is `instead` all along. */
function completed({ steps, channels: own, values }: SeriesValues, channel: number, instead: number): Float64Array {
  const filled = new Float64Array(steps)
  let last = -1
  for (let step = 0; step < steps; step++) {
    const value = values[step * own + channel]!
    if (!Number.isFinite(value)) continue
    const before = last < 0 ? value : filled[last]!
    for (let gap = last + 1; gap < step; gap++)
      filled[gap] = before + ((value - before) * (last < 0 ? 0 : gap - last)) / (step - last)
    filled[step] = value
    last = step
  }
  const end = last < 0 ? instead : filled[last]!
  for (let step = last + 1; step < steps; step++) filled[step] = end
  return filled
}

/** What the network saw of one encoded series without its padding, in the units of the data: [length, channels]. */
export function shownSeries(
  { steps, channels, normalise, means, deviations }: SeriesEncoding,
  encoded: Float32Array,
): SeriesValues {
  const width = channels + 1
  let length = 0
  while (length < steps && encoded[length * width + channels]! > 0) length++
  const values = new Float32Array(length * channels)
  for (let step = 0; step < length; step++)
    for (let channel = 0; channel < channels; channel++) {
      const value = encoded[step * width + channel]!
      values[step * channels + channel] =
        normalise === 'channel' ? value * deviations[channel]! + means[channel]! : value
    }
  return { steps: length, channels, values }
}
