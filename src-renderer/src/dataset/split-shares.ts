export interface Shares {
  train: number
  validation: number
  test: number
}

/** Percentages that always sum to 100: the one that was set stays, the others share the rest as they did before. */
export function withShare(shares: Shares, changed: keyof Shares, percent: number): Shares {
  const value = Math.max(0, Math.min(100, Math.round(percent)))
  const others = (['train', 'validation', 'test'] as const).filter((name) => name !== changed)
  const [first, second] = others as [keyof Shares, keyof Shares]
  const before = shares[first] + shares[second]
  const rest = 100 - value
  const firstShare = before === 0 ? Math.round(rest / 2) : Math.round((rest * shares[first]) / before)
  return { ...shares, [changed]: value, [first]: firstShare, [second]: rest - firstShare }
}
