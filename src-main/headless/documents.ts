import type { Dataset } from '@shared/schemas/dataset'
import type { Explanation, MapChecks } from '@shared/schemas/explanation'
import type { Audit } from '@shared/schemas/fairness'
import type { Comparison, Run } from '@shared/schemas/run'

/** The documents of `--json`: a promise to scripts, so they are written out here and not what the services happen to say. */

export const datasetDocument = (dataset: Dataset) => ({
  datasetId: dataset.datasetId,
  name: dataset.name,
  modality: dataset.modality,
  sampleCount: dataset.sampleCount,
  ...(dataset.task === 'regression' && { task: dataset.task, target: dataset.target }),
  classes: dataset.classes.map(({ name }) => name),
  fields: dataset.fields.map(({ name, kind, missing }) => ({ name, kind, missing })),
  skipped: dataset.skipped,
})

export const runDocument = (run: Run) => ({
  runId: run.runId,
  status: run.status,
  datasetId: run.datasetId,
  ...(run.task === 'regression' && { task: run.task }),
  family: run.family,
  params: run.params,
  seed: run.seed,
  epochs: run.epochs,
  samplesPerSecond: run.samplesPerSecond,
  metrics: run.metrics,
  baseline: run.baseline,
  ...(run.interval && { interval: run.interval }),
  error: run.error,
})

export const comparisonDocument = ({ runs, settingsDiff, classes, confusion }: Comparison) => ({
  runs: runs.map(runDocument),
  settingsDiff,
  classes,
  confusion,
})

export const explanationDocument = (explanation: Explanation, checks: MapChecks | null = null) => ({
  runId: explanation.runId,
  sampleId: explanation.sampleId,
  method: explanation.method,
  params: explanation.params,
  target: explanation.target,
  attribution: explanation.attribution,
  min: explanation.min,
  max: explanation.max,
  convergenceDelta: explanation.convergenceDelta,
  ...(checks && {
    checks: {
      overall: checks.overall,
      byCheck: checks.checks.map(({ id, verdict, value, low, high, text, figures }) => ({
        id,
        verdict,
        value,
        low,
        high,
        text,
        figures,
      })),
    },
  }),
})

export const auditDocument = (audit: Audit) => ({
  split: audit.split,
  positive: audit.positive,
  threshold: audit.threshold,
  overall: audit.overall,
  byGroup: audit.byGroup,
  disparities: audit.disparities.map(({ metric, kind, value, low, high, level, groups, isFinding, isAtBoundary }) => ({
    metric,
    kind,
    value,
    low,
    high,
    level,
    groups,
    isFinding,
    isAtBoundary,
  })),
  comparisons: audit.comparisons,
  curves: audit.curves,
  summary: audit.summary.join(' '),
})
