import { randomUUID } from 'node:crypto'
import type { Emit } from '@shared/contract'
import { toErrorReply } from '@shared/errors'
import type { TaskProgressed } from '@shared/schemas/workspace'

export interface TaskOptions {
  /** Chosen by the caller so that it can show and cancel it; a fresh one when left out. */
  taskId?: string
  title: string
  unit: string
}

export type Progress = (done: number, total: number | null) => void

const emitEveryMs = 100

/** Gives everything that takes over a second a name, progress events, a rate and a way to cancel it. */
export class Tasks {
  readonly #running = new Map<string, AbortController>()

  constructor(private readonly emit: Emit) {}

  /** Runs `work`; its signal fires when the caller goes away or somebody cancels the task. */
  async run<T>(
    { taskId = randomUUID(), title, unit }: TaskOptions,
    signal: AbortSignal,
    work: (signal: AbortSignal, progress: Progress) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController()
    const abort = () => controller.abort()
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    this.#running.set(taskId, controller)
    const startedAt = Date.now()
    let last: { done: number; total: number | null } = { done: 0, total: null }
    let emittedAt = 0
    const emit = (state: TaskProgressed['state']) => {
      emittedAt = Date.now()
      const seconds = (emittedAt - startedAt) / 1000
      const ratePerSecond = seconds > 0.2 && last.done > 0 ? last.done / seconds : null
      this.emit('tasks.progressed', { taskId, title, unit, ...last, ratePerSecond, state })
    }
    emit('running')
    try {
      const result = await work(controller.signal, (done, total) => {
        last = { done, total }
        if (Date.now() - emittedAt >= emitEveryMs) emit('running')
      })
      emit('done')
      return result
    } catch (error) {
      emit(toErrorReply(error).code === 'cancelled' ? 'cancelled' : 'failed')
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
      this.#running.delete(taskId)
    }
  }

  cancel(taskId: string): void {
    this.#running.get(taskId)?.abort()
  }

  cancelAll(): void {
    for (const controller of this.#running.values()) controller.abort()
  }
}
