import { fork } from 'node:child_process'
import { join, resolve } from 'node:path'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '../..')
const outDir = join(root, '.cache', 'bench-worker')

/** Bundles the product's own worker, alone, so that a bench needs no build of the whole app. Returns its path. */
export async function buildWorker() {
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    define: { __VERSION__: JSON.stringify('bench') },
    resolve: { alias: { '@shared': join(root, 'src-shared') } },
    build: {
      ssr: join(root, 'src-main/worker/entry.ts'),
      target: 'node18',
      outDir,
      emptyOutDir: true,
      rollupOptions: { output: { format: 'cjs', entryFileNames: 'worker.js', chunkFileNames: '[name]-[hash].js' } },
    },
  })
  return join(outDir, 'worker.js')
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
