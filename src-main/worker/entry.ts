import { toErrorReply, WorkbenchError } from '@shared/errors'
import { loadJob } from './jobs'
import { guardNetwork } from './network-guard'
import type { FromWorker, ToWorker } from './protocol'

/** Both ways of being started: Node's fork has `process.send`, Electron's utilityProcess `process.parentPort`. */
interface ParentPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { data: unknown }) => void): void
}
const parentPort = (process as unknown as { parentPort?: ParentPort }).parentPort

const send = (message: FromWorker) => (parentPort ? parentPort.postMessage(message) : process.send?.(message))
const running = new Map<number, AbortController>()

async function start(id: number, name: string, input: unknown) {
  const controller = new AbortController()
  running.set(id, controller)
  try {
    const handler = await loadJob(name)
    if (!handler) throw new WorkbenchError('internal', `No worker job named "${name}".`)
    const value = await handler(input as never, {
      signal: controller.signal,
      report: (event: unknown) => send({ type: 'event', id, event }),
      log: (level, message) => send({ type: 'log', level, message }),
    })
    send({ type: 'done', id, value })
  } catch (error) {
    const reply = toErrorReply(error)
    if (reply.code === 'internal')
      send({ type: 'log', level: 'error', message: String((error as Error)?.stack ?? error) })
    send({ type: 'failed', id, error: reply })
  } finally {
    running.delete(id)
  }
}

function receive(message: ToWorker) {
  if (message.type === 'start') void start(message.id, message.job, message.input)
  if (message.type === 'cancel') running.get(message.id)?.abort()
  if (message.type === 'exit') process.exit(0)
}

if (parentPort) parentPort.on('message', (event) => receive(event.data as ToWorker))
else {
  process.on('message', receive)
  process.on('disconnect', () => process.exit(0)) // never outlive main, however it died
}
guardNetwork((host) => send({ type: 'log', level: 'warn', message: `A connection to "${host}" was refused.` }))
send({ type: 'ready' })
