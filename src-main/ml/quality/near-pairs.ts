import { throwIfAborted } from '@shared/errors'
import { randomStream } from '../random'
import { descriptorSide, type Look } from './look'

export interface NearPair {
  a: number
  b: number
  /** Correlation of the two pictures' grids, to 1. */
  likeness: number
}

/** Copies in another size, format or brightness correlate above this; different pictures of a kind hardly ever do. */
export const nearLikeness = 0.99
const mostTintApart = 16
const bands = 12
const bitsPerBand = 12
const breatheEvery = 200_000

/**
 * Pairs of pictures that are almost the same. Candidates share one of 12 keys of 12 signs of random projections
 * (Charikar 2002): two grids that correlate at 0.99 differ in a sign with probability arccos(0.99)/π = 0.045, so all
 * twelve keys miss them with probability (1 - 0.955^12)^12 < 0.001; then the correlation itself decides.
 */
export async function nearPairs(looks: readonly (Look | null)[], signal: AbortSignal): Promise<NearPair[]> {
  const random = randomStream(1)
  const planes = Array.from({ length: bands * bitsPerBand }, () =>
    Float32Array.from({ length: descriptorSide ** 2 }, () => (random.uniform() < 0.5 ? -1 : 1)),
  )
  const pairs: NearPair[] = []
  const seen = new Set<number>()
  let compared = 0
  for (let band = 0; band < bands; band++) {
    const buckets = bucketsOf(looks, planes.slice(band * bitsPerBand, (band + 1) * bitsPerBand))
    for (const bucket of buckets) {
      for (let i = 0; i < bucket.length; i++)
        for (let j = i + 1; j < bucket.length; j++) {
          if (++compared % breatheEvery === 0) {
            await new Promise((resolve) => setImmediate(resolve))
            throwIfAborted(signal)
          }
          const [a, b] = [bucket[i]!, bucket[j]!]
          const likeness = likenessOf(looks[a]!, looks[b]!)
          const key = a * looks.length + b
          if (likeness < nearLikeness || seen.has(key)) continue
          seen.add(key)
          pairs.push({ a, b, likeness })
        }
    }
  }
  return pairs
}

function bucketsOf(looks: readonly (Look | null)[], planes: Float32Array[]): Iterable<number[]> {
  const buckets = new Map<number, number[]>()
  looks.forEach((look, at) => {
    if (!look?.descriptor) return
    let key = 0
    for (const plane of planes) key = key * 2 + (dot(plane, look.descriptor) > 0 ? 1 : 0)
    const bucket = buckets.get(key)
    if (bucket) bucket.push(at)
    else buckets.set(key, [at])
  })
  return buckets.values()
}

function likenessOf(a: Look, b: Look): number {
  if (Math.abs(a.tint[0] - b.tint[0]) > mostTintApart || Math.abs(a.tint[1] - b.tint[1]) > mostTintApart) return 0
  return dot(a.descriptor!, b.descriptor!)
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!
  return sum
}
