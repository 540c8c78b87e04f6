import type { Field, FieldKind, FieldValue } from '@shared/schemas/dataset'

/** What a field's values look like, kept beside the field so that looking at a dataset costs no pass over it. */
export type FieldStats = Pick<Field, 'missing' | 'values' | 'range'>

const maxDistinct = 10_000
const maxListed = 50

/** Counts one field's values as they stream by. */
export class FieldCounter {
  #missing = 0
  #n = 0
  #sum = 0
  #min = Infinity
  #max = -Infinity
  readonly #counts = new Map<FieldValue, number>()

  constructor(private readonly kind: FieldKind) {}

  add(value: FieldValue | undefined): void {
    if (value === null || value === undefined) {
      this.#missing++
      return
    }
    if (typeof value === 'number') {
      this.#n++
      this.#sum += value
      if (value < this.#min) this.#min = value
      if (value > this.#max) this.#max = value
    }
    if (this.kind !== 'category' && this.kind !== 'boolean') return
    const count = this.#counts.get(value)
    if (count !== undefined || this.#counts.size < maxDistinct) this.#counts.set(value, (count ?? 0) + 1)
  }

  result(): FieldStats {
    const stats: FieldStats = { missing: this.#missing }
    if (this.kind === 'category' || this.kind === 'boolean') {
      const sorted = [...this.#counts].sort((a, b) => b[1] - a[1] || String(a[0]).localeCompare(String(b[0])))
      stats.values = sorted.slice(0, maxListed).map(([value, count]) => ({ value, count }))
    }
    if (this.kind === 'number' && this.#n > 0)
      stats.range = { min: this.#min, max: this.#max, mean: this.#sum / this.#n }
    return stats
  }
}
