// Classes of the papers of Cora (its public split: 140 to train, 500 to validate, 1 000 to test), with the defaults of the
// families; rows of accuracy.mjs. Cora is not part of the project: PELLUCID_CORA names the folder with its edges.csv,
// nodes.csv and features.csv. PELLUCID_SEEDS: how many seeds, 20 in the paper; 3 where it is not set.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runJob } from './engine-worker.mjs'

const folder = process.env.PELLUCID_CORA ?? ''
const seeds = Array.from({ length: Number(process.env.PELLUCID_SEEDS ?? 3) }, (_, i) => i + 1)
const splits = ['train', 'validation', 'test']

/** Name of the row: what is trained, and what the paper or the issue expects. */
export const graphRows = {
  'cora-gcn': { family: 'gcn', target: 0.805 },
  'cora-gat': { family: 'gat', target: 0.82 },
  'cora-sage': { family: 'graphsage', target: 0.8 },
}

/** Mean accuracy on the test nodes over the seeds, and its spread. */
export async function benchGraph(worker, work, { family, target }) {
  if (!existsSync(join(folder, 'edges.csv')))
    return { what: 'Cora: skipped, set PELLUCID_CORA to its folder', accuracy: NaN, target: NaN, isSkipped: true }
  const path = join(work, 'cora.safetensors')
  mkdirSync(work, { recursive: true })
  const nodes = []
  await runJob(worker, 'read-graph', { paths: [folder], out: path }, { onEvent: ({ series }) => nodes.push(...series) })
  const accuracies = []
  for (const seed of seeds) accuracies.push(await trainSeed(worker, work, { family, nodes, path, seed }))
  const accuracy = accuracies.reduce((sum, value) => sum + value, 0) / seeds.length
  const variance = accuracies.reduce((sum, value) => sum + (value - accuracy) ** 2, 0) / Math.max(1, seeds.length - 1)
  const spread = `standard deviation ${(100 * Math.sqrt(variance)).toFixed(2)} over ${seeds.length} seeds`
  return { what: `${family} with its defaults on Cora's public split (${spread})`, accuracy, target }
}

async function trainSeed(worker, work, { family, nodes, path, seed }) {
  const classes = [...new Set(nodes.map(({ className }) => className))].sort()
  const samples = nodes.map(({ className, split, offset }) => ({
    id: offset + 1,
    node: { path, index: offset },
    target: classes.indexOf(className),
    split,
  }))
  const count = (split) => samples.filter((one) => one.split === split).length
  const trained = samples.filter(({ split }) => split === 'train')
  const sum = (key) => nodes.reduce((total, node) => total + node[key], 0)
  const head = { modality: 'graph', datasetId: 'cora', datasetName: 'Cora', classes, positive: null, fields: [] }
  const snapshot = {
    ...head,
    sampleCount: nodes.length,
    splits: Object.fromEntries(splits.map((split) => [split, count(split)])),
    trainPerClass: classes.map((_, k) => trained.filter(({ target }) => target === k).length),
    picture: null,
    graph: { nodes: nodes.length, edges: sum('steps') / 2, features: nodes[0].channels, entries: sum('entries') },
    distinct: {},
  }
  const { params, problems } = await runJob(worker, 'plan', { family, params: { seed }, snapshot })
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join(' '))
  const runDir = join(work, `run-cora-${family}-${seed}`)
  rmSync(runDir, { recursive: true, force: true })
  mkdirSync(runDir, { recursive: true })
  writeFileSync(join(runDir, 'snapshot.json'), JSON.stringify({ ...head, samples }))
  const input = { runId: 'cora', runDir, family, params, resume: false, threads: 0, cacheDir: join(work, 'cache') }
  const { metrics, epochs } = await runJob(worker, 'train', input)
  console.error(`${family} on Cora, seed ${seed}: ${metrics.test.accuracy}, ${epochs} epochs`)
  return metrics.test.accuracy
}
