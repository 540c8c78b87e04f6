/** `count` of `items`, drawn without replacement by a seeded generator (mulberry32), in the items' order. */
export function draw(items, count, seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const order = items.map((_, i) => i)
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(next() * (order.length - i))
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  return order
    .slice(0, count)
    .sort((a, b) => a - b)
    .map((i) => items[i])
}
