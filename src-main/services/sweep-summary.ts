import type { Params } from '@shared/schemas/run'
import type { SweepConfig, SweepSpec, SweepTrial } from '@shared/schemas/sweep'

/** Quantiles 0.975 of Student's t for 1 to 19 degrees of freedom. */
const student = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093,
]
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Trials of one configuration together, best first. */
export function configsOf(trials: readonly SweepTrial[], objective: SweepSpec['objective']): SweepConfig[] {
  const sign = objective === 'accuracy' ? 1 : -1
  const groups = new Map<number, SweepTrial[]>()
  for (const trial of trials) groups.set(trial.config, [...(groups.get(trial.config) ?? []), trial])
  const configs = [...groups].map(([config, members]): SweepConfig => {
    const scored = members.filter(({ score, state }) => score !== null && state === 'finished')
    const scores = scored.map(({ score }) => score!)
    const best = [...scored].sort((a, b) => sign * (b.score! - a.score!))[0]
    return {
      config,
      params: members[0]!.params,
      score: scores.length > 0 ? meanOf(scores) : null,
      interval: intervalOf(scores),
      seeds: scores.length,
      runId: best?.runId ?? members.find(({ runId }) => runId !== null)?.runId ?? null,
    }
  })
  const worth = ({ score }: SweepConfig) => (score === null ? -Infinity : sign * score)
  return configs.sort((a, b) => worth(b) - worth(a) || a.config - b.config)
}

/** 95 % interval of the mean by Student's t. */
function intervalOf(scores: readonly number[]): [number, number] | null {
  if (scores.length < 2) return null
  const mean = meanOf(scores)
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (scores.length - 1)
  const half = student[scores.length - 2]! * Math.sqrt(variance / scores.length)
  return [mean - half, mean + half]
}

const bins = 3
const fewestTrials = 6

/**
 * How much of the spread of the scores each varied setting explains by itself: epsilon squared (Kelley 1935), the share of
 * variance between the groups of a one-way analysis, freed of what chance alone would give. Numbers of many values are cut
 * into three groups of equal size. What settings do only together does not show here.
 *
 * @returns shares 0-1, largest first; null with fewer than six finished trials or scores that do not differ
 */
export function importanceOf(
  trials: readonly SweepTrial[],
  keys: readonly string[],
): { param: string; share: number | null }[] {
  const finished = trials.filter(({ score, state }) => score !== null && state === 'finished')
  return keys
    .map((param) => ({ param, share: epsilonSquared(finished, param) }))
    .sort((a, b) => (b.share ?? -1) - (a.share ?? -1))
}

function epsilonSquared(trials: readonly SweepTrial[], key: string): number | null {
  if (trials.length < fewestTrials) return null
  const groups = groupsOf(
    trials.map(({ params, score }) => ({ value: params[key as keyof Params], score: score! })),
  ).filter((group) => group.length > 0)
  if (groups.length < 2 || trials.length <= groups.length) return null
  const mean = meanOf(trials.map(({ score }) => score!))
  const total = trials.reduce((sum, { score }) => sum + (score! - mean) ** 2, 0)
  if (total === 0) return null
  const within = groups.reduce((sum, group) => {
    const middle = meanOf(group)
    return sum + group.reduce((inner, score) => inner + (score - middle) ** 2, 0)
  }, 0)
  const noise = (within / (trials.length - groups.length)) * (groups.length - 1)
  return Math.max(0, Math.min(1, (total - within - noise) / total))
}

function groupsOf(points: { value: unknown; score: number }[]): number[][] {
  const distinct = new Set(points.map(({ value }) => JSON.stringify(value)))
  const isNumeric = points.every(({ value }) => typeof value === 'number')
  if (!isNumeric || distinct.size <= bins) {
    return [...distinct].map((id) =>
      points.filter(({ value }) => JSON.stringify(value) === id).map(({ score }) => score),
    )
  }
  const sorted = [...points].sort((a, b) => (a.value as number) - (b.value as number))
  return Array.from({ length: bins }, (_, bin) =>
    sorted
      .slice(Math.floor((bin * sorted.length) / bins), Math.floor(((bin + 1) * sorted.length) / bins))
      .map(({ score }) => score),
  )
}
