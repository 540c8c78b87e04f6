import { PowerSpectrum } from './fft'

export interface MelOptions {
  sampleRate: number
  /** Samples of a frame, a power of two. */
  size: number
  /** Samples from one frame to the next. */
  hop: number
  bands: number
}

const toMel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700)
const toHertz = (mel: number) => 700 * (10 ** (mel / 2595) - 1)

/**
 * Triangular filters evenly spaced on the mel scale from 0 to half the sample rate, [bands][size / 2 + 1], by the formula of
 * HTK without normalisation (torchaudio's `melscale_fbanks(mel_scale='htk', norm=None)`).
 */
export function melFilters({ sampleRate, size, bands }: MelOptions): Float64Array[] {
  const highest = toMel(sampleRate / 2)
  const edges = Array.from({ length: bands + 2 }, (_, i) => toHertz((highest * i) / (bands + 1)))
  return Array.from({ length: bands }, (_, band) => {
    const [low, centre, high] = [edges[band]!, edges[band + 1]!, edges[band + 2]!]
    return Float64Array.from({ length: size / 2 + 1 }, (_v, k) => {
      const hertz = (k * sampleRate) / size
      return Math.max(0, Math.min((hertz - low) / (centre - low), (high - hertz) / (high - centre)))
    })
  })
}

export const frameCount = (samples: number, { size, hop }: Pick<MelOptions, 'size' | 'hop'>) =>
  Math.max(1, Math.ceil((samples - size) / hop) + 1)

/** Power in mel bands, row-major [frames, bands]: Hann windows (periodic) from the clip's start; its end is filled with 0. */
export function melPower(samples: Float32Array, options: MelOptions): Float64Array {
  const { size, hop, bands } = options
  const window = Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size))
  const filters = melFilters(options).map(sparse)
  const spectrum = new PowerSpectrum(size)
  const frames = frameCount(samples.length, options)
  const frame = new Float64Array(size)
  const power = new Float64Array(size / 2 + 1)
  const out = new Float64Array(frames * bands)
  for (let at = 0; at < frames; at++) {
    for (let i = 0; i < size; i++) frame[i] = (samples[at * hop + i] ?? 0) * window[i]!
    spectrum.compute(frame, power)
    filters.forEach(({ first, weights }, band) => {
      let sum = 0
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * power[first + k]!
      out[at * bands + band] = sum
    })
  }
  return out
}

/** A filter without the zeros around it. */
function sparse(filter: Float64Array): { first: number; weights: Float64Array } {
  const first = Math.max(
    0,
    filter.findIndex((weight) => weight > 0),
  )
  const last = filter.findLastIndex((weight) => weight > 0)
  return { first, weights: filter.subarray(first, last + 1) }
}

/** What is this much quieter than the clip's loudest place is black. */
export const rangeDecibels = 80

/** Power as brightness, 0 to 1: in decibels below the clip's loudest place (librosa's `power_to_db(ref=max, top_db=80)`). */
export function brightnessOf(power: Float64Array): Float32Array {
  const loudest = power.reduce((most, value) => Math.max(most, value), 1e-10)
  return Float32Array.from(power, (value) => {
    const decibels = 10 * Math.log10(Math.max(value, 1e-10) / loudest)
    return 1 + Math.max(-rangeDecibels, decibels) / rangeDecibels
  })
}
