/** Power spectra |X[k]|^2, k = 0 … size / 2, of real frames whose length is a power of two. */
export class PowerSpectrum {
  readonly #real: Float64Array
  readonly #imaginary: Float64Array
  readonly #cos: Float64Array
  readonly #sin: Float64Array
  readonly #reversed: Uint32Array

  constructor(readonly size: number) {
    const bits = Math.log2(size)
    if (!Number.isInteger(bits)) throw new RangeError(`A spectrum takes a power of two, and got ${size}.`)
    this.#real = new Float64Array(size)
    this.#imaginary = new Float64Array(size)
    this.#cos = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size))
    this.#sin = Float64Array.from({ length: size / 2 }, (_, k) => -Math.sin((2 * Math.PI * k) / size))
    this.#reversed = Uint32Array.from({ length: size }, (_, i) => {
      let reversed = 0
      for (let bit = 0; bit < bits; bit++) if (i & (1 << bit)) reversed |= 1 << (bits - 1 - bit)
      return reversed
    })
  }

  /** Radix 2, decimation in time (Cooley & Tukey, 1965). `out` takes size / 2 + 1 numbers. */
  compute(frame: ArrayLike<number>, out: Float64Array): void {
    const { size } = this
    const [real, imaginary, cos, sin] = [this.#real, this.#imaginary, this.#cos, this.#sin]
    for (let i = 0; i < size; i++) {
      real[this.#reversed[i]!] = frame[i]!
      imaginary[i] = 0
    }
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half)
      for (let from = 0; from < size; from += 2 * half)
        for (let k = 0; k < half; k++) {
          const [c, s] = [cos[k * stride]!, sin[k * stride]!]
          const [a, b] = [from + k, from + k + half]
          const turnedReal = real[b]! * c - imaginary[b]! * s
          const turnedImaginary = real[b]! * s + imaginary[b]! * c
          real[b] = real[a]! - turnedReal
          imaginary[b] = imaginary[a]! - turnedImaginary
          real[a]! += turnedReal
          imaginary[a]! += turnedImaginary
        }
    }
    for (let k = 0; k <= size / 2; k++) out[k] = real[k]! ** 2 + imaginary[k]! ** 2
  }
}
