import { statfs } from 'node:fs/promises'
import type { Service } from '@shared/contract'
import { toErrorReply } from '@shared/errors'
import type { EngineStatus, Holder, Settings, WorkspaceInfo } from '@shared/schemas/workspace'
import type { ServiceContext } from './context'
import { writeBackup } from './backup'
import { runDoctor } from './doctor'
import type { LogBook } from './log-book'
import type { SettingsStore } from './settings-store'

/** What only the composition root knows of this program and its hold on the workspace. */
export interface WorkspaceFacts {
  version: string
  schemaVersion(): Promise<number>
  shell: WorkspaceInfo['shell']
  isReadOnly: boolean
  /** Who holds the workspace for writing; null when nobody can. */
  holder: Holder | null
  bytesSent(): number
  engine(): Promise<EngineStatus>
  restore(path: string, signal: AbortSignal): Promise<void>
}

const starting: EngineStatus = { backend: 'starting', device: '', threads: 0, version: null, reason: null }

export class WorkspaceService implements Service<'workspace'> {
  #engine: EngineStatus = starting
  #engineKnown: Promise<void> | null = null

  constructor(
    private readonly context: ServiceContext,
    private readonly facts: WorkspaceFacts,
    private readonly store: SettingsStore,
    private readonly logBook: LogBook,
  ) {}

  /** Answers at once: the engine is `starting` first, and `workspace.changed` follows when its process has answered. */
  async get(): Promise<WorkspaceInfo> {
    this.#engineKnown ??= this.#askEngine().then(async () => this.context.emit('workspace.changed', await this.#info()))
    this.#engineKnown.catch(() => {}) // closed meanwhile
    return this.#info()
  }

  async doctor() {
    await (this.#engineKnown ??= this.#askEngine())
    return runDoctor(this.context, this.#engine)
  }

  async backup({ path }: { path: string }, signal: AbortSignal) {
    const task = { title: 'Backing up the workspace', unit: 'files' }
    const schemaVersion = await this.facts.schemaVersion()
    const file = await this.context.tasks.run(task, signal, (inner, progress) =>
      writeBackup(this.context, schemaVersion, path, inner, progress),
    )
    return { files: [file] }
  }

  async restore({ path }: { path: string }, signal: AbortSignal) {
    await this.facts.restore(path, signal)
    this.context.emit('workspace.settingsChanged', await this.store.read())
    this.context.emit('workspace.changed', await this.#info())
    return { ok: true as const }
  }

  settings(): Promise<Settings> {
    return this.store.read()
  }

  async updateSettings(changes: Partial<Settings>): Promise<Settings> {
    const settings = await this.store.update(changes)
    this.context.emit('workspace.settingsChanged', settings)
    return settings
  }

  async logs({ limit }: { limit: number }) {
    return this.logBook.last(limit)
  }

  async cancelTask({ taskId }: { taskId: string }) {
    this.context.tasks.cancel(taskId)
    return { ok: true as const }
  }

  async #askEngine(): Promise<void> {
    try {
      this.#engine = await this.facts.engine()
    } catch (error) {
      const { message } = toErrorReply(error)
      this.#engine = { ...starting, backend: 'unavailable', reason: message }
    }
  }

  async #info(): Promise<WorkspaceInfo> {
    const { version, shell, isReadOnly, holder, bytesSent, schemaVersion } = this.facts
    const { root } = this.context.paths
    const space = await statfs(root).catch(() => null)
    const dataset = await this.context.db.get('SELECT 1 FROM datasets LIMIT 1')
    return {
      path: root,
      version,
      schemaVersion: await schemaVersion(),
      isReadOnly,
      holder,
      engine: this.#engine,
      bytesSent: bytesSent(),
      isFirstStart: dataset === undefined && !(await this.store.isMarked('imported')),
      shell,
      platform: `${process.platform} ${process.arch}`,
      isPlatformTested: process.platform === 'linux' && process.arch === 'x64',
      diskFreeBytes: space ? space.bavail * space.bsize : null,
    }
  }
}
