import type { Skipped, Split } from '@shared/schemas/dataset'

/** One series as it was read. */
export interface OneSeries {
  name: string
  className: string | null
  split: Split | null
  steps: number
  /** [steps, channels] row-major; NaN where a value is missing. */
  values: Float32Array
}

/** Files that hold series, opened: what they are is known, and they can be read as often as wanted. */
export interface SeriesSource {
  /** How the series lie in the files, in a sentence. */
  layout: string
  /** Names of the channels, in the order of the values. */
  channels: string[]
  notes: string[]
  /** Files and lines that could not be read; complete once `read` has come to its end. */
  skipped: Skipped[]
  sizeBytes: number
  read(signal: AbortSignal): AsyncGenerator<OneSeries>
}

/** Most steps of one series, over all its channels. */
export const mostValues = 20_000_000

/** `GunPoint_TRAIN.ts` → train: archives of series name their splits so. */
export function splitOfName(name: string): Split | null {
  const [, word] = /[_\-. ](train|test|val|valid|validation)(\.[a-z]+)?$/i.exec(name) ?? []
  if (!word) return null
  return /^v/i.test(word) ? 'validation' : (word.toLowerCase() as Split)
}

/** `[channels][steps]` of any lengths to [steps, channels]; a shorter channel is missing at its end. */
export function interleave(channels: ArrayLike<number>[]): Pick<OneSeries, 'steps' | 'values'> {
  const steps = Math.max(0, ...channels.map(({ length }) => length))
  const values = new Float32Array(steps * channels.length).fill(NaN)
  channels.forEach((channel, at) => {
    for (let step = 0; step < channel.length; step++) values[step * channels.length + at] = channel[step]!
  })
  return { steps, values }
}
