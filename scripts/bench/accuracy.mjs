#!/usr/bin/env node
// Accuracy of the default settings, trained by the product's own worker. Takes some minutes; not part of `npm test`.
//   npm run bench:accuracy -- [--only digits,german,wages,wages-resnet,mnist,vowels,italy,gunpoint,spoken,speakers,spoken-crnn,speakers-crnn,reviews,reviews-lstm,products,products-lstm,cora-gcn,cora-gat,cora-sage] [--json]
// digits: `cnn` on the 5 000 + 1 000 sample digits. mnist: `cnn` on the whole MNIST, 60 000 + 10 000 (downloaded once).
// wages: R² of predicted wages, mean over ten splits, beside linear regression and gradient boosting (tests/golden).
// german: `mlp` on German credit, mean over the ten splits on which logistic regression was measured (tests/golden).
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { benchSpeakers, benchTakes } from './accuracy-audio.mjs'
import { benchWages } from './accuracy-numbers.mjs'
import { benchGraph, graphRows } from './accuracy-graph.mjs'
import { benchSeries, seriesRows } from './accuracy-series.mjs'
import { benchText, textRows } from './accuracy-text.mjs'
import { buildWorker, runJob } from './engine-worker.mjs'

const root = resolve(import.meta.dirname, '../..')
const work = join(root, '.cache', 'bench-accuracy')
const { values } = parseArgs({
  options: {
    only: {
      type: 'string',
      default:
        'digits,german,wages,wages-resnet,mnist,vowels,italy,gunpoint,spoken,speakers,spoken-crnn,speakers-crnn,reviews,reviews-lstm,products,products-lstm,cora-gcn,cora-gat,cora-sage',
    },
    json: { type: 'boolean', default: false },
  },
})
const splits = ['train', 'validation', 'test']
const series = Object.entries(seriesRows).map(([name, row]) => [name, () => benchSeries(worker, work, row)])
const benches = {
  digits: benchDigits,
  german: benchGerman,
  wages: () => benchWages(worker, work, root, 'mlp'),
  'wages-resnet': () => benchWages(worker, work, root, 'tabular-resnet'),
  mnist: benchMnist,
  ...Object.fromEntries(series),
  ...Object.fromEntries(Object.entries(textRows).map(([name, row]) => [name, () => benchText(worker, work, row)])),
  ...Object.fromEntries(Object.entries(graphRows).map(([name, row]) => [name, () => benchGraph(worker, work, row)])),
  spoken: () => benchTakes(worker, work),
  speakers: () => benchSpeakers(worker, work),
  'spoken-crnn': () => benchTakes(worker, work, 'crnn'),
  'speakers-crnn': () => benchSpeakers(worker, work, 'crnn'),
}

const worker = await buildWorker()
const results = []
for (const name of values.only.split(',')) {
  if (!benches[name]) throw new Error(`No bench "${name}". There are: ${Object.keys(benches).join(', ')}.`)
  const started = performance.now()
  const result = await benches[name]()
  const seconds = Math.round((performance.now() - started) / 1000)
  results.push({ name, ...result, seconds, ok: result.isSkipped || result.accuracy >= result.target })
}
if (values.json) console.log(JSON.stringify(results))
else for (const r of results) console.log(line(r))
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1

function line({ name, what, accuracy, target, seconds, ok, isSkipped }) {
  if (isSkipped) return `skip ${name.padEnd(7)} ${what}`
  const percent = (rate) => `${(rate * 100).toFixed(2)} %`
  return `${ok ? 'ok  ' : 'MISS'} ${name.padEnd(7)} ${what}: ${percent(accuracy)} (target ${percent(target)}), ${seconds} s`
}

async function benchDigits() {
  const folder = join(work, 'digits')
  mkdirSync(folder, { recursive: true })
  execFileSync('tar', ['-xf', join(root, 'resources/samples/digits/digits.tar'), '-C', folder])
  const accuracy = await trainPictures('digits', join(folder, 'digits'))
  return { what: 'cnn with its defaults on the sample digits', accuracy, target: 0.97 }
}

async function benchMnist() {
  const folder = join(root, '.cache', 'mnist')
  const fetch = join(root, 'scripts/bench/fetch-mnist.mjs')
  execFileSync(process.execPath, [fetch, '--out', folder], { stdio: ['ignore', 'ignore', 'inherit'] })
  return {
    what: 'cnn with its defaults on MNIST',
    accuracy: await trainPictures('mnist', folder),
    target: 0.988,
  }
}

/** Trains on `folder/train|test/CLASS/*.png`; returns the accuracy on the test split. */
async function trainPictures(name, folder) {
  const classes = readdirSync(join(folder, 'train')).sort()
  const samples = ['train', 'test'].flatMap((split) =>
    classes.flatMap((className, target) =>
      readdirSync(join(folder, split, className)).map((file) => {
        const path = join(folder, split, className, file)
        return {
          path,
          hash: `${name}/${split}/${className}/${file}`,
          width: 28,
          height: 28,
          channels: 1,
          target,
          split,
        }
      }),
    ),
  )
  const head = { modality: 'image', datasetId: name, datasetName: name, classes, positive: null, fields: [] }
  const picture = { width: 28, height: 28, channels: 1 }
  return trainDefaults(name, 'cnn', head, samples, { picture, distinct: {} })
}

async function benchGerman() {
  const golden = JSON.parse(readFileSync(join(root, 'tests/golden/data/logistic-regression-german.json'), 'utf8'))
  const { rows, fields } = await readGerman()
  const classes = ['good', 'bad']
  const head = { modality: 'table', datasetId: 'german', datasetName: 'german', classes, positive: 0, fields }
  const distinct = Object.fromEntries(fields.map(({ name }) => [name, new Set(rows.map((row) => row[name])).size]))
  const accuracies = []
  for (const { seed, validation, test } of golden.splits) {
    const split = rows.map(() => 'train')
    for (const i of validation) split[i] = 'validation'
    for (const i of test) split[i] = 'test'
    const samples = rows.map((row, i) => ({
      values: fields.map(({ name }) => row[name]),
      target: classes.indexOf(row['credit_risk']),
      split: split[i],
    }))
    accuracies.push(await trainDefaults(`german-${seed}`, 'mlp', head, samples, { picture: null, distinct }))
  }
  const accuracy = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length
  return { what: 'mlp with its defaults, mean of ten splits', accuracy, target: golden.mean - 0.015 }
}

/** The sample table, read by the product's own job. */
async function readGerman() {
  const path = join(root, 'resources/samples/german-credit/german-credit.csv')
  const rows = []
  const onEvent = (event) => rows.push(...event.rows)
  const { fields } = await runJob(worker, 'read-table', { path, kinds: {} }, { onEvent })
  const inputs = fields.filter(({ name }) => name !== 'credit_risk')
  return { rows, fields: inputs.map(({ name, kind }) => ({ name, kind, isSensitive: false })) }
}

async function trainDefaults(name, family, head, rows, facts) {
  const samples = rows.map((row, i) => ({ id: i + 1, ...row }))
  const count = (split) => samples.filter((sample) => sample.split === split).length
  const trainPerClass = head.classes.map(
    (_, k) => samples.filter(({ split, target }) => split === 'train' && target === k).length,
  )
  const counts = Object.fromEntries(splits.map((split) => [split, count(split)]))
  const snapshot = { ...head, ...facts, sampleCount: samples.length, splits: counts, trainPerClass }
  const { params, problems } = await runJob(worker, 'plan', { family, params: {}, snapshot })
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join(' '))

  const runDir = join(work, `run-${name}`)
  rmSync(runDir, { recursive: true, force: true })
  mkdirSync(runDir, { recursive: true })
  writeFileSync(join(runDir, 'snapshot.json'), JSON.stringify({ ...head, samples }))
  const input = { runId: name, runDir, family, params, resume: false, threads: 0, cacheDir: join(work, 'cache') }
  const { metrics, samplesPerSecond } = await runJob(worker, 'train', input, { onEvent: (event) => tell(name, event) })
  console.error(`${name}: test accuracy ${metrics.test.accuracy}, ${Math.round(samplesPerSecond)} samples/s`)
  return metrics.test.accuracy
}

function tell(name, event) {
  if (event.kind !== 'epoch' || name.startsWith('german')) return
  const { epoch, train, seconds } = event.epoch
  console.error(
    `${name}: epoch ${epoch}, loss ${train.loss.toFixed(4)}, accuracy ${train.accuracy.toFixed(4)}, ${seconds.toFixed(1)} s`,
  )
}
