import { shallowReactive } from 'vue'

interface Options {
  /** Fetches these at once: an address to show for each, null for one that cannot be read. */
  load: (ids: number[]) => Promise<(string | null)[]>
  /** Pictures held at most. */
  kept?: number
}

/** Requests under way at once. */
const parallel = 3
/** Below this a picture only has to be read; above, it is made small first, and looking far ahead costs real work. */
const quickMs = 20
const quickBatch = 64
const slowBatch = 16

/**
 * Fetches pictures in the order in which they are wanted now. A plain `<img>` per cell would ask for each by itself, and
 * for every one that was ever scrolled past before those in view; here each step of the scroll hands in its list anew:
 * what is in view first, then what is about to be. `pictures` holds an address, or null for one that cannot be read.
 */
export function createPictureLoader({ load, kept = 6000 }: Options) {
  const pictures = shallowReactive(new Map<number, string | null>())
  const known = new Set<number>()
  const coming = new Set<number>()
  let wanted: readonly number[] = []
  let next = 0
  let generation = 0
  let running = 0
  /** Of one picture; carefully until the first has come. */
  let meanMs = quickMs
  const isQuick = () => meanMs < quickMs

  function want(ids: readonly number[]): void {
    wanted = ids
    next = 0
    pump()
  }

  function pump(): void {
    while (running < parallel) {
      const batch: number[] = []
      while (next < wanted.length && batch.length < (isQuick() ? quickBatch : slowBatch)) {
        const id = wanted[next++]!
        if (!known.has(id) && !coming.has(id)) batch.push(id)
      }
      if (batch.length === 0) return
      void fetchBatch(batch)
    }
  }

  async function fetchBatch(ids: number[]): Promise<void> {
    const mine = generation
    const start = performance.now()
    running++
    for (const id of ids) coming.add(id)
    const found = await load(ids).catch(() => [])
    if (mine !== generation) return
    running--
    meanMs += ((performance.now() - start) / ids.length - meanMs) / 4
    for (const [index, id] of ids.entries()) {
      coming.delete(id)
      known.add(id)
      pictures.set(id, found[index] ?? null)
    }
    forget()
    pump()
  }

  /** A tenth at once, so that it is rare; the oldest that nobody wants now. */
  function forget(): void {
    if (known.size <= kept) return
    const needed = new Set(wanted)
    let surplus = known.size - Math.floor(kept * 0.9)
    for (const id of known) {
      if (surplus === 0) return
      if (needed.has(id)) continue
      known.delete(id)
      pictures.delete(id)
      surplus--
    }
  }

  /** Fetches everything again, for instance in another size, and what could not be read. */
  function reset(): void {
    generation++
    running = 0
    for (const store of [pictures, known, coming]) store.clear()
    want(wanted)
  }

  return { pictures, want, reset, isQuick }
}

/** Positions from `first` to `last`, then `reach` more around them: two in the direction of the scroll for one behind. */
export function nearest(range: { first: number; last: number }, count: number, reach: number, isUpwards = false) {
  const found: number[] = []
  for (let index = Math.max(0, range.first); index <= Math.min(range.last, count - 1); index++) found.push(index)
  let [before, after] = [Math.max(0, range.first) - 1, range.last + 1]
  for (let step = 0; step < reach; step++) {
    const isDown = step % 3 < 2 !== isUpwards
    if (after < count && (isDown || before < 0)) found.push(after++)
    else if (before >= 0) found.push(before--)
    else break
  }
  return found
}
