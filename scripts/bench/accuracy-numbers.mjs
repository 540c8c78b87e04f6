// Predicted numbers: the sample of wages, on the splits on which scikit-learn was measured; rows of accuracy.mjs.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runJob } from './engine-worker.mjs'

/** R² may lie this far below that of the better of linear regression and gradient boosting. */
const allowed = 0.03

/** Mean R² of a family with its defaults over ten splits. */
export async function benchWages(worker, work, root, family) {
  const golden = JSON.parse(readFileSync(join(root, 'tests/golden/data/wages.json'), 'utf8'))
  const rows = []
  const path = join(root, 'resources/samples/wages/wages.csv')
  const onEvent = (event) => rows.push(...event.rows)
  const { fields: all } = await runJob(worker, 'read-table', { path, kinds: {} }, { onEvent })
  const fields = all.filter(({ name }) => name !== 'wage').map(({ name, kind }) => ({ name, kind, isSensitive: false }))
  const outcomes = []
  for (const split of golden.splits) outcomes.push(await trainSplit(worker, work, { family, rows, fields, split }))
  const mean = (of) => outcomes.reduce((sum, one) => sum + of(one), 0) / outcomes.length
  const [r2, mae, median] = [
    mean(({ metrics }) => metrics.test.r2),
    mean(({ metrics }) => metrics.test.mae),
    mean(({ baseline }) => baseline.median.mae),
  ]
  const { linear, boosting } = golden.mean
  const beside = `MAE ${mae.toFixed(3)}; linear regression R² ${linear.r2.toFixed(3)}, MAE ${linear.mae.toFixed(3)}, gradient boosting R² ${boosting.r2.toFixed(3)}, MAE ${boosting.mae.toFixed(3)}, always the median MAE ${median.toFixed(3)}`
  return {
    what: `${family} with its defaults on the wages, mean R² of ten splits (${beside})`,
    accuracy: r2,
    target: Math.max(linear.r2, boosting.r2) - allowed,
  }
}

async function trainSplit(worker, work, { family, rows, fields, split: { seed, validation, test } }) {
  const split = rows.map(() => 'train')
  for (const i of validation) split[i] = 'validation'
  for (const i of test) split[i] = 'test'
  const samples = rows.map((row, i) => ({
    id: i + 1,
    values: fields.map(({ name }) => row[name]),
    target: row.wage,
    split: split[i],
  }))
  const head = {
    modality: 'table',
    datasetId: 'wages',
    datasetName: 'wages',
    task: 'regression',
    target: 'wage',
    classes: [],
    positive: null,
    fields,
  }
  const distinct = Object.fromEntries(fields.map(({ name }) => [name, new Set(rows.map((row) => row[name])).size]))
  const splits = {
    train: rows.length - validation.length - test.length,
    validation: validation.length,
    test: test.length,
  }
  const snapshot = { ...head, sampleCount: rows.length, splits, trainPerClass: [], picture: null, distinct }
  const { params, problems } = await runJob(worker, 'plan', { family, params: {}, snapshot })
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join(' '))
  const runDir = join(work, `run-wages-${seed}`)
  rmSync(runDir, { recursive: true, force: true })
  mkdirSync(runDir, { recursive: true })
  writeFileSync(join(runDir, 'snapshot.json'), JSON.stringify({ ...head, samples }))
  const outcome = await runJob(worker, 'train', {
    runId: 'wages',
    runDir,
    family,
    params,
    resume: false,
    cacheDir: join(work, 'cache'),
  })
  console.error(`wages, split ${seed}: R² ${outcome.metrics.test.r2.toFixed(3)}`)
  return outcome
}
