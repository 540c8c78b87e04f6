import { fromErrorReply, WorkbenchError } from '@shared/errors'
import type { FromWorker, JobName, Jobs, ToWorker } from './protocol'

/** A worker's process, whatever started it (child_process.fork or Electron's utilityProcess). */
export interface WorkerProcess {
  readonly pid: number | undefined
  send(message: ToWorker): void
  onMessage(listener: (message: FromWorker) => void): void
  /** `reason` says how it ended: exit code or signal. */
  onExit(listener: (reason: string) => void): void
  kill(): void
}

export type SpawnWorker = (role: WorkerRole, env: Record<string, string>) => WorkerProcess

/** decode: foreign bytes, no TensorFlow. engine: predictions, attributions, audits. train: one run, then gone. */
export type WorkerRole = 'decode' | 'engine' | 'train'

export interface JobOptions<J extends JobName> {
  signal?: AbortSignal
  onEvent?: (event: Jobs[J]['event']) => void
  /** Extra environment of a process started for this job. */
  env?: Record<string, string>
  /** How long a cancelled job may take to end by itself before its process is killed. */
  graceMs?: number
}

export interface WorkerLog {
  (entry: { level: 'info' | 'warn' | 'error'; source: string; message: string }): void
}

/** What services see: a job goes in, its result or its typed failure comes out; a dead process is a failed job. */
export interface JobRunner {
  run<J extends JobName>(
    role: WorkerRole,
    job: J,
    input: Jobs[J]['input'],
    options?: JobOptions<J>,
  ): Promise<Jobs[J]['output']>
}

const defaultGraceMs = 10_000
/** A process that does not leave by itself is killed after two seconds. */
const closeWaitMs = 3_000

/** Keeps one long-lived process for `decode` and one for `engine`; each `train` job gets a process of its own. */
export class WorkerHost implements JobRunner {
  readonly #shared = new Map<WorkerRole, Handle>()
  readonly #all = new Set<Handle>()
  #isClosed = false

  constructor(
    private readonly spawn: SpawnWorker,
    private readonly log: WorkerLog,
    private readonly idleMs = 5 * 60_000,
  ) {}

  async run<J extends JobName>(role: WorkerRole, job: J, input: Jobs[J]['input'], options: JobOptions<J> = {}) {
    if (this.#isClosed) throw new WorkbenchError('cancelled', 'Pellucid is closing.')
    const handle = role === 'train' ? this.#start(role, options.env ?? {}) : this.#sharedHandle(role)
    try {
      return (await handle.run(job, input, options as JobOptions<JobName>)) as Jobs[J]['output']
    } finally {
      if (role === 'train') handle.stop()
    }
  }

  /** Process ids by role, for the doctor and for tests that kill them. */
  pids(): { role: WorkerRole; pid: number | undefined }[] {
    return [...this.#all].map(({ role, process }) => ({ role, pid: process.pid }))
  }

  /** Ends all processes and waits for it, so that none writes into a workspace that somebody else holds by then. */
  async close(): Promise<void> {
    this.#isClosed = true
    const ends = [...this.#all].map((handle) => new Promise<void>((resolve) => handle.onDead(resolve)))
    for (const handle of this.#all) handle.stop()
    await Promise.race([Promise.all(ends), new Promise((resolve) => setTimeout(resolve, closeWaitMs).unref())])
  }

  #sharedHandle(role: WorkerRole): Handle {
    const existing = this.#shared.get(role)
    if (existing && !existing.isDead) return existing
    const handle = this.#start(role, {})
    this.#shared.set(role, handle)
    return handle
  }

  #start(role: WorkerRole, env: Record<string, string>): Handle {
    const handle = new Handle(role, this.spawn(role, env), this.log, role === 'train' ? Infinity : this.idleMs)
    this.#all.add(handle)
    handle.onDead(() => this.#all.delete(handle))
    return handle
  }
}

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
  onEvent?: (event: never) => void
}

class Handle {
  isDead = false
  #nextId = 1
  #idle: NodeJS.Timeout | undefined
  readonly #pending = new Map<number, Pending>()
  readonly #deathListeners: (() => void)[] = []

  constructor(
    readonly role: WorkerRole,
    readonly process: WorkerProcess,
    private readonly log: WorkerLog,
    private readonly idleMs: number,
  ) {
    process.onMessage((message) => this.#receive(message))
    process.onExit((reason) => this.#die(reason))
  }

  run(
    job: JobName,
    input: unknown,
    { signal, onEvent, graceMs = defaultGraceMs }: JobOptions<JobName>,
  ): Promise<unknown> {
    if (signal?.aborted) return Promise.reject(new WorkbenchError('cancelled', 'Cancelled.'))
    clearTimeout(this.#idle)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      let grace: NodeJS.Timeout | undefined
      const cancel = () => {
        this.#send({ type: 'cancel', id })
        grace = setTimeout(() => this.process.kill(), graceMs)
      }
      const settle = () => {
        clearTimeout(grace)
        signal?.removeEventListener('abort', cancel)
        this.#pending.delete(id)
        if (this.#pending.size === 0 && Number.isFinite(this.idleMs)) {
          this.#idle = setTimeout(() => this.stop(), this.idleMs)
          this.#idle.unref()
        }
      }
      this.#pending.set(id, {
        resolve: (value) => (settle(), resolve(value)),
        reject: (error) => (settle(), reject(error)),
        onEvent: onEvent as Pending['onEvent'],
      })
      signal?.addEventListener('abort', cancel, { once: true })
      this.#send({ type: 'start', id, job, input })
    })
  }

  onDead(listener: () => void) {
    this.#deathListeners.push(listener)
  }

  /** Asks it to leave; what is pending fails as cancelled. */
  stop() {
    if (this.isDead) return
    this.isDead = true
    clearTimeout(this.#idle)
    this.#send({ type: 'exit' })
    setTimeout(() => this.process.kill(), 2000).unref()
    for (const pending of [...this.#pending.values()])
      pending.reject(new WorkbenchError('cancelled', 'Pellucid is closing.'))
  }

  #send(message: ToWorker) {
    try {
      this.process.send(message)
    } catch (error) {
      this.#die(String(error))
    }
  }

  #receive(message: FromWorker) {
    if (message.type === 'log') return this.log({ level: message.level, source: this.role, message: message.message })
    if (message.type === 'ready') return
    const pending = this.#pending.get(message.id)
    if (!pending) return
    if (message.type === 'event') pending.onEvent?.(message.event as never)
    if (message.type === 'done') pending.resolve(message.value)
    if (message.type === 'failed') pending.reject(fromErrorReply(message.error))
  }

  #die(reason: string) {
    const wasExpected = this.isDead
    this.isDead = true
    clearTimeout(this.#idle)
    if (!wasExpected)
      this.log({ level: 'error', source: this.role, message: `The ${this.role} process ended: ${reason}.` })
    for (const pending of [...this.#pending.values()]) {
      pending.reject(
        new WorkbenchError('worker_crashed', `The ${this.role} process ended unexpectedly (${reason}).`, { reason }),
      )
    }
    for (const listener of this.#deathListeners) listener()
  }
}
