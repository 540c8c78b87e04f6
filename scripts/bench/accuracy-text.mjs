// Sentiment of sentences (Hutto & Gilbert, 2014: id, mean rating, text), trained on movie reviews and tested on held-out
// ones or on product reviews, with the defaults of the families; rows of accuracy.mjs. The sentences are not part of the
// project: PELLUCID_SENTENCES names the folder with movie-reviews.tsv and product-reviews.tsv.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runJob } from './engine-worker.mjs'

const folder = process.env.PELLUCID_SENTENCES ?? ''
const seeds = [1, 2, 3]

/** Name of the row: what is trained, and what it is tested on. */
export const textRows = {
  reviews: { family: 'text-cnn', tested: 'movie' },
  'reviews-lstm': { family: 'bi-lstm', tested: 'movie' },
  products: { family: 'text-cnn', tested: 'product' },
  'products-lstm': { family: 'bi-lstm', tested: 'product' },
}

/** Mean accuracy over three seeds; the target is TF-IDF with logistic regression on the same sentences. */
export async function benchText(worker, work, { family, tested }) {
  if (!existsSync(join(folder, 'movie-reviews.tsv')))
    return {
      what: 'sentences: skipped, set PELLUCID_SENTENCES to their folder',
      accuracy: NaN,
      target: NaN,
      isSkipped: true,
    }
  const samples = samplesFor(tested)
  const outcomes = []
  for (const seed of seeds) outcomes.push(await trainSeed(worker, work, { family, tested, samples, seed }))
  const accuracies = outcomes.map(({ metrics }) => metrics.test.accuracy)
  const accuracy = accuracies.reduce((sum, value) => sum + value, 0) / seeds.length
  const each = accuracies.map((value) => `${(value * 100).toFixed(1)} %`).join(', ')
  return {
    what: `${family} with its defaults, trained on movie sentences, tested on ${tested} sentences (${each}); target: TF-IDF and logistic regression`,
    accuracy,
    target: outcomes[0].baseline.simple.accuracy,
  }
}

function sentences(name) {
  const lines = readFileSync(join(folder, `${name}-reviews.tsv`), 'utf8').split('\n')
  return lines.flatMap((line) => {
    const [, rating, ...text] = line.split('\t')
    return text.length > 0 && Number(rating) !== 0 ? [{ text: text.join(' '), target: Number(rating) > 0 ? 1 : 0 }] : []
  })
}

/** Of ten movie sentences the first two are held out and the third is validated on; products are all held out. */
function samplesFor(tested) {
  const movies = sentences('movie').map((one, i) => ({
    ...one,
    split: i % 10 < 2 ? 'test' : i % 10 === 2 ? 'validation' : 'train',
  }))
  const all =
    tested === 'movie'
      ? movies
      : [
          ...movies.filter(({ split }) => split !== 'test'),
          ...sentences('product').map((one) => ({ ...one, split: 'test' })),
        ]
  return all.map(({ text, target, split }, i) => ({ id: i + 1, values: [text], target, split }))
}

async function trainSeed(worker, work, { family, tested, samples, seed }) {
  const fields = [{ name: 'text', kind: 'text', isSensitive: false }]
  const classes = ['negative', 'positive']
  const head = { modality: 'text', datasetId: tested, datasetName: tested, classes, positive: null, fields }
  const count = (split) => samples.filter((one) => one.split === split).length
  const trained = samples.filter(({ split }) => split === 'train')
  const lengths = trained.map(({ values }) => values[0].split(' ').length)
  const snapshot = {
    ...head,
    sampleCount: samples.length,
    splits: { train: count('train'), validation: count('validation'), test: count('test') },
    trainPerClass: classes.map((_, k) => trained.filter(({ target }) => target === k).length),
    picture: null,
    texts: { longest: Math.max(...lengths), words: lengths.reduce((sum, n) => sum + n, 0) },
    distinct: {},
  }
  const { params, problems } = await runJob(worker, 'plan', { family, params: { seed }, snapshot })
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join(' '))
  const runDir = join(work, `run-text-${family}-${tested}-${seed}`)
  rmSync(runDir, { recursive: true, force: true })
  mkdirSync(runDir, { recursive: true })
  writeFileSync(join(runDir, 'snapshot.json'), JSON.stringify({ ...head, samples }))
  const input = { runId: tested, runDir, family, params, resume: false, threads: 0, cacheDir: join(work, 'cache') }
  const outcome = await runJob(worker, 'train', input)
  console.error(`${family} on ${tested}, seed ${seed}: ${outcome.metrics.test.accuracy}, ${outcome.epochs} epochs`)
  return outcome
}
