import { fork } from 'node:child_process'
import { join } from 'node:path'
import { bundle, root } from './bundle.mjs'

/** Bundles the product's own worker, alone. Returns its path. */
export async function buildWorker() {
  return join(await bundle('bench-worker', { worker: join(root, 'src-main/worker/entry.ts') }), 'worker.js')
}

/** Runs one job in a worker process of its own, over the same messages as the app; resolves to its output. */
export function runJob(worker, job, input, { onEvent = () => {}, env = {} } = {}) {
  const child = fork(worker, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  return new Promise((resolveJob, reject) => {
    child.on('exit', (code, signal) => reject(new Error(`The worker ended: ${signal ?? code}.`)))
    child.on('message', (message) => {
      if (message.type === 'ready') child.send({ type: 'start', id: 1, job, input })
      if (message.type === 'event') onEvent(message.event)
      if (message.type === 'failed') reject(new Error(`${message.error.code}: ${message.error.message}`))
      if (message.type === 'done') resolveJob(message.value)
      if (message.type === 'failed' || message.type === 'done') child.send({ type: 'exit' })
    })
  })
}
