// Time series of the UEA and UCR archives on their own test splits, with the defaults of a family; rows of accuracy.mjs.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fetchPackage, PACKAGES } from '../samples/packages.mjs'
import { runJob } from './engine-worker.mjs'

const seeds = [1, 2, 3]

/** Name of the row: the archive's name, the family, and what it should reach. */
export const seriesRows = {
  vowels: { archive: 'JapaneseVowels', family: 'lstm', target: 0.97 },
  italy: { archive: 'ItalyPowerDemand', family: 'inception-time', target: 0.95 },
  gunpoint: { archive: 'GunPoint', family: 'inception-time', target: 0.95 },
}

/** Mean accuracy over three seeds on the archive's test split. */
export async function benchSeries(worker, work, { archive, family, target, params = {} }) {
  const folder = join(fetchPackage(PACKAGES.sktime), 'sktime/datasets/data', archive)
  const paths = ['TRAIN', 'TEST'].map((split) => join(folder, `${archive}_${split}.ts`))
  const out = join(work, `${archive}.f32`)
  const found = []
  mkdirSync(work, { recursive: true })
  await runJob(worker, 'read-series', { paths, out }, { onEvent: (event) => found.push(...event.series) })
  const accuracies = []
  for (const seed of seeds)
    accuracies.push(await trainSeed(worker, work, { archive, family, out, found, seed, params }))
  const accuracy = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length
  const each = accuracies.map((value) => `${(value * 100).toFixed(1)} %`).join(', ')
  return {
    what: `${family} with its defaults on ${archive}, mean of seeds ${seeds.join(', ')} (${each})`,
    accuracy,
    target,
  }
}

async function trainSeed(worker, work, { archive, family, out, found, seed, params: asked }) {
  const classes = [...new Set(found.map(({ className }) => className))].sort()
  const samples = found.map(({ className, split, offset, steps, channels }, i) => ({
    id: i + 1,
    series: { path: out, offset, steps, channels },
    target: classes.indexOf(className),
    split,
  }))
  const head = { modality: 'series', datasetId: archive, datasetName: archive, classes, positive: null, fields: [] }
  const trained = samples.filter(({ split }) => split === 'train')
  const snapshot = {
    ...head,
    sampleCount: samples.length,
    splits: { train: trained.length, validation: 0, test: samples.length - trained.length },
    trainPerClass: classes.map((_, k) => trained.filter(({ target }) => target === k).length),
    picture: null,
    series: { steps: Math.max(...trained.map(({ series }) => series.steps)), channels: found[0].channels },
    distinct: {},
  }
  const { params, problems } = await runJob(worker, 'plan', { family, params: { ...asked, seed }, snapshot })
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join(' '))
  const runDir = join(work, `run-${archive}-${seed}`)
  rmSync(runDir, { recursive: true, force: true })
  mkdirSync(runDir, { recursive: true })
  writeFileSync(join(runDir, 'snapshot.json'), JSON.stringify({ ...head, samples }))
  const input = { runId: archive, runDir, family, params, resume: false, threads: 0, cacheDir: join(work, 'cache') }
  const { metrics, samplesPerSecond } = await runJob(worker, 'train', input)
  console.error(
    `${archive}, seed ${seed}: test accuracy ${metrics.test.accuracy}, ${Math.round(samplesPerSecond)} samples/s`,
  )
  return metrics.test.accuracy
}
