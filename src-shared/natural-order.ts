const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'variant' })

/** Orders names as people do: 2 before 10, a before B; the same on every machine. */
export const compareNatural = (a: string, b: string): number => collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0)
