/** Works on up to `limit` items at once and yields the results in the items' order. */
export async function* inFlight<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<{ item: T; result: R }> {
  const begun: Promise<R>[] = []
  let next = 0
  const begin = () => {
    if (next >= items.length) return
    const promise = work(items[next++]!)
    promise.catch(() => {}) // rethrown when its turn comes
    begun.push(promise)
  }
  for (let i = 0; i < limit; i++) begin()
  for (const item of items) {
    const result = await begun.shift()!
    begin()
    yield { item, result }
  }
}
