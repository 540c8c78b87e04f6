#!/usr/bin/env node
// Whether tracing harms what is learnt: the same runs traced and op by op, five seeds each, by the command line.
//   npm run bench -- --only traced [-- --seeds 5] [--json]
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs, promisify } from 'node:util'

const root = resolve(import.meta.dirname, '../..')
const samples = join(root, 'resources/samples')
const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
})
const workloads = [
  { name: 'digits', from: ['digits/digits.tar'], family: 'cnn', set: { epochs: 2 } },
  {
    name: 'credit',
    from: ['german-credit/german-credit.csv', '--target', 'credit_risk', '--positive', 'good'],
    family: 'mlp',
    set: { epochs: 30 },
  },
  { name: 'vowels', from: ['japanese-vowels/japanese-vowels.tar'], family: 'lstm', set: { epochs: 15 } },
]

const workspace = mkdtempSync(join(tmpdir(), 'pellucid-traced-'))
const results = []
try {
  for (const workload of workloads) results.push(await compare(workload))
} finally {
  rmSync(workspace, { recursive: true, force: true })
}
if (values.json) console.log(JSON.stringify(results))
else for (const result of results) console.log(line(result))
process.exit(results.every(({ ok }) => ok) ? 0 : 1)

/** Trains with both ways of taking a step, in turns. */
async function compare({ name, from: [path, ...more], family, set }) {
  const { fields } = await pellucid(['import', join(samples, path), '--name', name, ...more])
  const isSplit = fields.length === 0
  if (!isSplit) await pellucid(['split', '--dataset', name, '--train', '.7', '--validation', '.1', '--test', '.2'])
  const accuracies = { traced: [], eager: [] }
  for (let seed = 1; seed <= Number(values.seeds); seed++)
    for (const [how, trace] of Object.entries({ traced: 'on', eager: 'off' })) {
      const settings = Object.entries({ ...set, seed, earlyStopping: false }).flatMap((each) => [
        '--set',
        each.join('='),
      ])
      const run = ['train', '--dataset', name, '--family', family, ...settings]
      const { metrics, samplesPerSecond } = await pellucid(run, { PELLUCID_TRACE: trace })
      accuracies[how].push(metrics.test.accuracy)
      const speed = `${Math.round(samplesPerSecond)} samples/s`
      console.error(`${name}, seed ${seed}, ${how}: ${percent(metrics.test.accuracy)}, ${speed}`)
    }
  const [traced, eager] = [statistics(accuracies.traced), statistics(accuracies.eager)]
  const difference = traced.mean - eager.mean
  const error = Math.hypot(traced.deviation, eager.deviation) / Math.sqrt(Number(values.seeds))
  return { name, family, traced, eager, difference, error, ok: Math.abs(difference) <= Math.max(2 * error, 1e-9) }
}

async function pellucid(args, env = {}) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(root, 'bin/pellucid.mjs'), '--workspace', workspace, '--json', ...args],
    { env: { ...process.env, ...env }, maxBuffer: 1e8 },
  )
  return JSON.parse(stdout)
}

function statistics(all) {
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length
  const deviation = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, all.length - 1))
  return { mean, deviation, all }
}

function percent(rate) {
  return `${(rate * 100).toFixed(2)} %`
}

function line({ name, family, traced, eager, difference, error, ok }) {
  const both = `traced ${percent(traced.mean)}, op by op ${percent(eager.mean)}`
  return `${ok ? 'ok  ' : 'MISS'} ${family} on ${name}: ${both}; difference ${percent(difference)}, standard error ${percent(error)}`
}
