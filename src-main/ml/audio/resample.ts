/**
 * Samples at another rate: a windowed sinc (Hann, 16 zero crossings to each side), its cut-off below half the lower rate
 * (Smith, "Digital audio resampling", 2002).
 */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return samples
  const crossings = 16
  const ratio = to / from
  const cutoff = Math.min(1, ratio)
  const reach = crossings / cutoff
  const length = Math.max(1, Math.round(samples.length * ratio))
  const out = new Float32Array(length)
  for (let i = 0; i < length; i++) {
    const at = i / ratio
    const first = Math.max(0, Math.ceil(at - reach))
    const last = Math.min(samples.length - 1, Math.floor(at + reach))
    let sum = 0
    for (let k = first; k <= last; k++) {
      const distance = (at - k) * cutoff
      const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / crossings)
      const sinc = distance === 0 ? 1 : Math.sin(Math.PI * distance) / (Math.PI * distance)
      sum += samples[k]! * sinc * window
    }
    out[i] = sum * cutoff
  }
  return out
}
