import { WorkbenchError } from '@shared/errors'
import type { Params } from '@shared/schemas/run'
import type { Dimension, SweepSpec } from '@shared/schemas/sweep'
import { seededRandom, shuffled } from './seeded-random'

export interface PlannedTrial {
  index: number
  config: number
  seed: number
  params: Params
}

const mostGridConfigs = 500

/**
 * The trials of a sweep in the order of starting: every configuration with its first seed, then with its second, so that a
 * sweep stopped early has seen most of the space. The same spec gives the same trials.
 */
export function planTrials(spec: SweepSpec): PlannedTrial[] {
  for (const [key, dimension] of Object.entries(spec.space)) checkDimension(key, dimension)
  const configs = spec.strategy === 'grid' ? gridOf(spec) : drawnFrom(spec)
  const firstSeed = Number(spec.params['seed'] ?? 1)
  const trials: PlannedTrial[] = []
  for (let repeat = 0; repeat < spec.seeds; repeat++)
    configs.forEach((params, config) => trials.push({ index: trials.length, config, seed: firstSeed + repeat, params }))
  return trials
}

function checkDimension(key: string, dimension: Dimension): void {
  const refuse = (why: string) => {
    throw new WorkbenchError('invalid_input', `The range of "${key}" ${why}.`)
  }
  if (key === 'seed') refuse('cannot be varied: give the number of seeds instead')
  if (dimension.kind === 'choice') return
  const { low, high, scale } = dimension
  if (!(low < high)) refuse(`must rise, got ${low} to ${high}`)
  if (scale === 'log' && low <= 0) refuse(`must begin above 0 on a logarithmic scale, got ${low}`)
}

function gridOf({ space }: SweepSpec): Params[] {
  const configs = combined(Object.entries(space), levels)
  if (configs.length <= mostGridConfigs) return configs
  throw new WorkbenchError(
    'invalid_input',
    `This grid has ${configs.length} configurations, the limit is ${mostGridConfigs}. Vary fewer settings, give fewer values, or draw at random.`,
  )
}

/** The values that a grid takes of a dimension. */
function levels(dimension: Dimension): unknown[] {
  if (dimension.kind === 'choice') return dimension.values
  const { steps } = dimension
  return [...new Set(Array.from({ length: steps }, (_, i) => between(dimension, i / (steps - 1))))]
}

/** Draws without repeating a configuration, as far as there are others. */
function drawnFrom({ space, trials, seed }: SweepSpec): Params[] {
  const random = seededRandom(seed)
  const entries = Object.entries(space)
  const size = entries.reduce((product, [, dimension]) => product * countOf(dimension), 1)
  if (size <= trials) return shuffled(combined(entries, valuesOf), random)
  const seen = new Set<string>()
  const configs: Params[] = []
  while (configs.length < trials) {
    const params = Object.fromEntries(entries.map(([key, dimension]) => [key, drawn(dimension, random)]))
    const id = JSON.stringify(params)
    if (!seen.has(id)) configs.push(params)
    seen.add(id)
  }
  return configs
}

function countOf(dimension: Dimension): number {
  if (dimension.kind === 'choice') return dimension.values.length
  return dimension.integer ? Math.floor(dimension.high) - Math.ceil(dimension.low) + 1 : Infinity
}

/** Every value of a dimension that has finitely many. */
function valuesOf(dimension: Dimension): unknown[] {
  if (dimension.kind === 'choice') return dimension.values
  return Array.from({ length: countOf(dimension) }, (_, i) => Math.ceil(dimension.low) + i)
}

/** Every combination of the values that `of` takes of each dimension; the last one changes fastest. */
function combined(entries: [string, Dimension][], of: (dimension: Dimension) => unknown[]): Params[] {
  return entries.reduce<Params[]>(
    (sofar, [key, dimension]) => sofar.flatMap((params) => of(dimension).map((value) => ({ ...params, [key]: value }))),
    [{}],
  )
}

function drawn(dimension: Dimension, random: () => number): unknown {
  if (dimension.kind === 'choice') return dimension.values[Math.floor(random() * dimension.values.length)]
  return between(dimension, random())
}

/** The value at `share` (0-1) of a range, with three significant digits: what a person would have typed. */
function between({ low, high, scale, integer }: Extract<Dimension, { kind: 'range' }>, share: number): number {
  const value = scale === 'log' ? low * (high / low) ** share : low + (high - low) * share
  const rounded = integer ? Math.round(value) : Number(value.toPrecision(3))
  return Math.min(high, Math.max(low, rounded))
}

/** Of three that reach a rung, the best one goes on (Li et al., "A System for Massively Parallel Hyperparameter Tuning"). */
export const reduction = 3

/** Epochs at which a run is compared with the others: 1, 3, 9 … before its last. */
export function rungs(epochs: number): number[] {
  const found: number[] = []
  for (let rung = 1; rung < epochs; rung *= reduction) found.push(rung)
  return found
}

/**
 * Whether a run goes on past a rung: it is among the best third of all that reached it so far.
 *
 * @param own its score there; larger is better
 * @param all scores of all that reached the rung, its own among them
 */
export function isPromising(own: number, all: readonly number[]): boolean {
  if (all.length < reduction) return true
  const better = all.filter((score) => score > own).length
  return better < Math.ceil(all.length / reduction)
}
