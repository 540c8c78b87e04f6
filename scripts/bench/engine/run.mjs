#!/usr/bin/env node
// Pellucid's engine against PyTorch on the CPU and against plain tfjs-node, in turns; 1 when a target was missed.
//   npm run bench:engine -- [--only mlp,cnn] [--rounds 5] [--seconds 2] [--no-compile] [--json]
// PyTorch takes part at its fastest of: one or all threads, torch.compile off or on; its samples are tensors in memory.
// Pellucid trains by its own loop with data path, metrics and checkpoints, with the threads that are fastest for the model.
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundleWorkers } from './bundle.mjs'
import { Contender, fastest } from './contender.mjs'
import { pythonWithTorch } from './venv.mjs'
import { workloads } from './workloads.mjs'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(workloads).join() },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    'no-compile': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const names = values.only.split(',')
const unknown = names.filter((name) => !workloads[name])
if (unknown.length > 0) {
  console.error(`No such workload: ${unknown.join(', ')}. There are: ${Object.keys(workloads).join(', ')}`)
  process.exit(2)
}
const [rounds, seconds, cores] = [Number(values.rounds), Number(values.seconds), availableParallelism()]
const python = pythonWithTorch()
const workers = await bundleWorkers()
const results = []
for (const name of names) {
  const result = await compare(name)
  results.push(result)
  if (!values.json) console.log(report(result))
}
if (values.json) console.log(JSON.stringify({ cores, load: loadavg(), results }))
process.exit(results.every(({ ok }) => ok) ? 0 : 1)

async function compare(name) {
  const contenders = [await fastest(pellucids(name), 1), await fastest(torches(name), 1), await plain(name)]
  try {
    for (let round = 0; round < rounds; round++) for (const contender of contenders) await contender.round(seconds)
    const [pellucid, torch, tfjs] = contenders.map(figures)
    const ratio = pellucid.perSecond / torch.perSecond
    const { title, target, unit } = workloads[name]
    const cpuRatio = pellucid.perCpuSecond / torch.perCpuSecond
    const bestRatio = pellucid.fastest / torch.fastest
    const ok = target === null || ratio >= target
    return { name, title, unit, target, ratio, bestRatio, cpuRatio, ok, pellucid, torch, tfjs }
  } finally {
    contenders.forEach((contender) => contender.stop())
  }
}

function pellucids(name) {
  const plans = [
    ['1 thread', 1, 1],
    [`${cores} ops at once`, 1, cores],
    [`${cores} threads`, cores, 1],
  ]
  return plans.slice(0, cores > 1 ? 3 : 1).map(([label, within, across]) => () => {
    const env = {
      TF_NUM_INTRAOP_THREADS: String(within),
      TF_NUM_INTEROP_THREADS: String(across),
      OMP_NUM_THREADS: String(within),
    }
    return Contender.start(label, process.execPath, [join(workers, 'pellucid.mjs'), name], env)
  })
}

function torches(name) {
  const script = join(import.meta.dirname, 'torch_worker.py')
  const threads = cores > 1 ? [1, cores] : [1]
  const variants = values['no-compile'] ? ['eager'] : ['eager', 'compile']
  return variants.flatMap((variant) =>
    threads.map((count) => () => {
      const label = `${variant}, ${count} thread${count > 1 ? 's' : ''}`
      return Contender.start(label, python, [script, name, String(count), variant])
    }),
  )
}

function plain(name) {
  return Contender.start('op by op', process.execPath, [join(workers, 'plain.mjs'), name])
}

function figures(contender) {
  const keys = ['perSecond', 'perCpuSecond', 'p50Ms', 'p99Ms', 'peakMb', 'firstStepSeconds', 'bytesPerStep']
  const speeds = contender.rounds.map(({ perSecond }) => perSecond)
  const medians = Object.fromEntries(keys.map((key) => [key, contender.median(key)]))
  return { how: contender.label, ...medians, slowest: Math.min(...speeds), fastest: Math.max(...speeds) }
}

function report({ title, unit, target, ratio, bestRatio, cpuRatio, ok, pellucid, torch, tfjs }) {
  const speed = ({ perSecond }) => (perSecond >= 100 ? Math.round(perSecond) : perSecond.toFixed(1))
  const wanted = target === null ? '' : ` (target ${target.toFixed(2)})`
  const mark = target === null ? '    ' : ok ? 'ok  ' : 'MISS'
  const facts = [
    `first step ${pellucid.firstStepSeconds.toFixed(1)} s, PyTorch ${torch.firstStepSeconds.toFixed(1)} s`,
    `peak ${Math.round(pellucid.peakMb)} MB, PyTorch ${Math.round(torch.peakMb)} MB`,
    ...(pellucid.bytesPerStep === null ? [] : [`${pellucid.bytesPerStep} bytes copied per step`]),
    ...(pellucid.p50Ms === null
      ? []
      : [
          `p50 ${pellucid.p50Ms.toFixed(2)} ms, p99 ${pellucid.p99Ms.toFixed(2)} ms (PyTorch ${torch.p50Ms.toFixed(2)}, ${torch.p99Ms.toFixed(2)})`,
        ]),
  ]
  return [
    `${mark} ${title}: ${ratio.toFixed(2)} of PyTorch${wanted}; fastest rounds ${bestRatio.toFixed(2)}, per CPU second ${cpuRatio.toFixed(2)}`,
    `       ${unit}/s: Pellucid ${speed(pellucid)} (${pellucid.how}), PyTorch ${speed(torch)} (${torch.how}), tfjs-node ${speed(tfjs)}`,
    `       ${facts.join('; ')}`,
  ].join('\n')
}
