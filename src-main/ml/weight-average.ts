import type { NamedArray } from './safetensors'
import type { Stepper } from './stepper'

/**
 * The exponential moving average of a run's weights, which answers more steadily than the last ones: the optimizer's last
 * slot, corrected for its start at zero as in Kingma & Ba, "Adam", 2015 (Polyak & Juditsky, "Acceleration of stochastic
 * approximation by averaging", 1992, for averaging itself). What does not learn is as it stands.
 *
 * @param updates steps that the average has followed
 */
export function averagedWeights(stepper: Stepper, decay: number, updates: number): NamedArray[] {
  const weights = stepper.weights()
  if (updates === 0) return weights
  const average = stepper.slots().at(-1)!.data
  const correction = 1 / (1 - decay ** updates)
  const byName = new Map(weights.map((array) => [array.name, array]))
  let from = 0
  for (const name of stepper.learning) {
    const { shape, data } = byName.get(name)!
    const part = average.slice(from, (from += data.length)).map((value) => value * correction)
    byName.set(name, { name, shape, data: part })
  }
  return weights.map(({ name }) => byName.get(name)!)
}
