import { throwIfAborted } from '@shared/errors'
import { splitMetrics, type Scored } from '@shared/metrics/report'
import { argMax } from '@shared/metrics/classification'
import type { Audit } from '@shared/schemas/fairness'
import { audit } from '../../ml/audit/audit'
import { fairnessMetrics } from '../../ml/audit/metrics'
import { evaluationBatch } from '../../ml/evaluate'
import type { Snapshot } from '../../ml/snapshot'
import { engineStatus } from '../../ml/tf'
import { namedValues, readSnapshot } from '../../ml/snapshot-file'
import { loadTrained } from '../../ml/trained'
import type { JobHandler, Jobs } from '../protocol'

/** Every figure of a run again from its weights and its samples: metrics of each split, audits of one. */
const recompute: JobHandler<'recompute'> = async (input, { signal, report }) => {
  const snapshot = await readSnapshot(input.runDir)
  const probabilities = await predictAll(input.runDir, snapshot, signal, report)
  const figures: Record<string, number | null> = {}
  for (const split of ['train', 'validation', 'test'] as const) {
    const scored: Scored = { truth: [], predicted: [], probabilities: [] }
    snapshot.samples.forEach((sample, i) => {
      if (sample.split !== split || sample.target === null) return
      scored.truth.push(sample.target)
      scored.predicted.push(argMax(probabilities[i]!))
      scored.probabilities.push(probabilities[i]!)
    })
    if (scored.truth.length === 0) continue
    const metrics = splitMetrics(scored, snapshot.classes.length, snapshot.positive)
    for (const [name, value] of Object.entries(metrics)) figures[`${split}.${name}`] = value
  }
  for (const spec of input.audits)
    Object.assign(figures, figuresOf(await auditOf(spec, input, snapshot, probabilities, signal)))
  const { backend, version, device } = engineStatus()
  return { figures, engine: [backend, version, device].join(' ') }
}

async function predictAll(
  runDir: string,
  snapshot: Snapshot,
  signal: AbortSignal,
  report: (event: { done: number; total: number }) => void,
): Promise<number[][]> {
  const trained = await loadTrained(runDir)
  const size = evaluationBatch(trained.inputShape.reduce((product, length) => product * length, 1))
  const all: number[][] = []
  for (let from = 0; from < snapshot.samples.length; from += size) {
    throwIfAborted(signal)
    const part = snapshot.samples.slice(from, from + size).map(({ path }, i) => {
      const values = namedValues(snapshot, from + i)
      return values ? { values } : { path }
    })
    const inputs = await trained.encode(part, signal)
    const answers = trained.probabilities(inputs)
    all.push(...((await answers.array()) as number[][]))
    inputs.dispose()
    answers.dispose()
    report({ done: all.length, total: snapshot.samples.length })
  }
  return all
}

type Input = Jobs['recompute']['input']

function auditOf(
  { sensitive, groups }: Input['audits'][number],
  { split, rounds, level, seed, smallGroup }: Input,
  { samples, classes, positive }: Snapshot,
  probabilities: number[][],
  signal: AbortSignal,
): Promise<Audit> {
  const chosen = samples.flatMap((sample, i) => (sample.split === split && sample.target !== null ? [i] : []))
  const input = {
    runId: 'proof',
    sensitive,
    split,
    positive: classes[positive!]!,
    threshold: 0.5,
    rounds,
    level,
    seed,
    smallGroup,
    unlabelled: 0,
    truth: chosen.map((i) => samples[i]!.target === positive),
    scores: chosen.map((i) => probabilities[i]![positive!]!),
    groups: chosen.map((i) => groups[i]!),
  }
  return audit(input, fairnessMetrics.values(), { signal })
}

/** An audit's rates and gaps with their intervals, by name. */
function figuresOf({ sensitive, byGroup, disparities }: Audit): Record<string, number | null> {
  const figures: Record<string, number | null> = {}
  const add = (name: string, { value, low, high }: { value: number | null; low: number | null; high: number | null }) =>
    Object.assign(figures, { [name]: value, [`${name}.low`]: low, [`${name}.high`]: high })
  const by = `by ${sensitive.join(' and ')}`
  for (const { group, metrics } of byGroup)
    for (const [metric, interval] of Object.entries(metrics))
      add(`fairness ${by}.${Object.values(group).join(' · ')}.${metric}`, interval)
  for (const disparity of disparities) add(`fairness ${by}.${disparity.metric}`, disparity)
  return figures
}

export default recompute
