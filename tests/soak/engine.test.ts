import { fork } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { randomStream } from '@main/ml/random'
import { readArrays } from '@main/ml/safetensors'
import { tf } from '@main/ml/tf'
import type { FromWorker } from '@main/worker/protocol'
import { buildWorker } from '../../scripts/bench/engine-worker.mjs'
import { tempFolder } from '../helpers/temp-db'
import { runFolderWith, toyTable } from '../main/ml/toy'
import { toyPlan, toySteppers } from '../main/ml/toy-stepper'

const kills = Number(process.env['PELLUCID_SOAK_KILLS'] ?? 20)
const steps = Number(process.env['PELLUCID_SOAK_STEPS'] ?? 20_000)
const params = { epochs: 40, batchSize: 8, hiddenLayers: 1, units: 16, dropout: 0.3, batchNorm: true, l2: 0.001 }
const oneThread = { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1', OMP_NUM_THREADS: '1' }

/** Trains in a process of its own, as the app does. With `killAfterMs` the process is killed so long after its first step. */
function trainOnce(worker: string, runDir: string, killAfterMs: number | null): Promise<'done' | 'killed'> {
  const child = fork(worker, { env: { ...process.env, ...oneThread }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const input = { runId: 'r', runDir, family: 'mlp', params, resume: true, threads: 1, cacheDir: runDir }
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    child.on('message', (message: FromWorker) => {
      if (message.type === 'ready') child.send({ type: 'start', id: 1, job: 'train', input })
      if (message.type === 'event' && killAfterMs !== null)
        timer ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs)
      if (message.type === 'failed') reject(new Error(message.error.message))
      if (message.type !== 'done') return
      clearTimeout(timer)
      child.on('exit', () => resolve('done'))
      child.send({ type: 'exit' })
    })
    child.on('exit', (_, signal) => signal === 'SIGKILL' && resolve('killed'))
  })
}

const weightsOf = async (runDir: string) => (await readArrays(join(runDir, 'model.safetensors'))).arrays

describe('the engine over a long time', () => {
  let worker = ''
  beforeAll(async () => void (worker = await buildWorker()), 120_000)

  it(`a run killed ${kills} times and resumed ends with the weights of one that was left alone, to the bit`, async () => {
    const seed = Number(process.env['PELLUCID_SOAK_SEED'] ?? Date.now() % 1_000_000)
    console.log(`seed ${seed}`)
    const random = randomStream(seed)
    const snapshot = toyTable(4000)
    const whole = await runFolderWith(snapshot, join(await tempFolder(), 'whole'))
    expect(await trainOnce(worker, whole, null)).toBe('done')
    const expected = await weightsOf(whole)

    let killed = 0
    while (killed < kills) {
      const folder = await runFolderWith(snapshot, join(await tempFolder(), 'killed'))
      let end: 'done' | 'killed' = 'killed'
      while (end === 'killed') {
        end = await trainOnce(worker, folder, killed < kills ? random.between(0, 800) : null)
        if (end === 'killed') killed++
      }
      expect(await weightsOf(folder)).toEqual(expected)
    }
  }, 1_200_000)

  it(`tensors and memory stay as they are over ${steps} steps`, () => {
    const { traced } = toySteppers({ params: { units: 16, dropout: 0.3, batchNorm: true } })
    const stepper = traced()
    const take = (count: number) => toyPlan(count).forEach((step) => stepper.train([step]))
    take(2000)
    const [tensors, resident] = [tf.memory().numTensors, process.memoryUsage().rss]
    for (let done = 0; done < steps; done += 1000) take(1000)
    expect(tf.memory().numTensors).toBe(tensors)
    const grownMb = (process.memoryUsage().rss - resident) / 1e6
    console.log(`resident memory grew by ${grownMb.toFixed(1)} MB`)
    expect(grownMb).toBeLessThan(40)
    stepper.dispose()
  }, 600_000)
})
