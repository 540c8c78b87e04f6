/**
 * Seeded random numbers for everything drawn in JavaScript: shuffles, augmentation. A stream is named by the run's seed
 * and numbers such as the epoch, so it can be opened anew anywhere: a resumed run needs no saved generator state.
 */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number
  /** Uniform in [low, high). */
  between(low: number, high: number): number
  /** Integer in [0, count). */
  below(count: number): number
}

/** MurmurHash3's finalizer (Appleby, 2011) over a Weyl sequence: spreads small seeds over all bits. */
function mix(state: number): number {
  let h = state | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

const rotate = (x: number, bits: number) => (x << bits) | (x >>> (32 - bits))

/** One 32-bit number out of several: a seed for a stream of its own. */
export function mixSeeds(...seeds: number[]): number {
  return seeds.reduce((hash, seed) => mix(hash ^ mix((seed + 0x9e3779b9) | 0)), 0x2545f491)
}

/** xoshiro128** (Blackman & Vigna, "Scrambled linear pseudorandom number generators", 2021). */
export function randomStream(...seeds: number[]): Random {
  const start = mixSeeds(...seeds)
  const s = Int32Array.from([1, 2, 3, 4], (k) => mix(start + Math.imul(k, 0x9e3779b9)))
  const next = () => {
    const output = Math.imul(rotate(Math.imul(s[1]!, 5), 7), 9) >>> 0
    const shifted = s[1]! << 9
    s[2]! ^= s[0]!
    s[3]! ^= s[1]!
    s[1]! ^= s[2]!
    s[0]! ^= s[3]!
    s[2]! ^= shifted
    s[3] = rotate(s[3]!, 11)
    return output
  }
  const uniform = () => next() / 2 ** 32
  return {
    uniform,
    between: (low, high) => low + (high - low) * uniform(),
    below: (count) => Math.floor(uniform() * count),
  }
}

/** The numbers 0 … count - 1 in random order (Fisher & Yates). */
export function shuffled(count: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const held = order[i]!
    order[i] = order[j]!
    order[j] = held
  }
  return order
}
