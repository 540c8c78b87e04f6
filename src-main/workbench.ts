import { EventEmitter } from 'node:events'
import type { Emit, EventName, EventPayload, Services } from '@shared/contract'
import { WorkbenchError } from '@shared/errors'
import type { Holder, WorkspaceInfo } from '@shared/schemas/workspace'
import type { Reply } from '@shared/transport'
import { ReopenableDb } from './db/reopenable'
import { newestVersion, schemaVersion } from './db/migrate'
import { migrations } from './db/schema'
import { openSqlite } from './db/sqlite'
import { dispatch } from './dispatch'
import { commitSwap, moveInnerPaths, swapIn, undoSwap, unpackBackup } from './services/backup'
import { AnnotationService } from './services/annotation-service'
import { CatalogService } from './services/catalog-service'
import type { ServiceContext, WorkspacePaths } from './services/context'
import { DatasetService } from './services/dataset-service'
import { ExplanationService } from './services/explanation-service'
import { FairnessService } from './services/fairness-service'
import { FilesService, type DesktopShell } from './services/files-service'
import { InsightService } from './services/insight-service'
import { LogBook } from './services/log-book'
import { ProofService } from './services/proof-service'
import { QualityService } from './services/quality-service'
import { RunService } from './services/run-service'
import { SampleFiles, type SampleFile } from './services/sample-files'
import { ShortcutService } from './services/shortcut-service'
import { SettingsStore } from './services/settings-store'
import { SweepService } from './services/sweep-service'
import { Tasks } from './services/tasks'
import { WorkspaceService } from './services/workspace-service'
import { WorkerHost, type SpawnWorker } from './worker/host'
import { guardNetwork } from './worker/network-guard'
import { openForWriting, openWorkspace, workspacePaths, type OpenWorkspace } from './workspace-folder'

export interface WorkbenchOptions {
  /** The workspace's folder; made when it is not there. */
  workspace: string
  /** How others are told who holds it. */
  kind: Holder['kind']
  shell: WorkspaceInfo['shell']
  spawn: SpawnWorker
  /** The program's `resources` folder. */
  resources: string
  desktop?: DesktopShell
  /** For commands that only read: others may write meanwhile. */
  isReadingOnly?: boolean
}

export interface Workbench {
  readonly services: Services
  readonly paths: WorkspacePaths
  /** Why commands are refused, or null. */
  readonly readOnlyBecause: string | null
  call(method: string, input: unknown, signal?: AbortSignal): Promise<Reply>
  on<E extends EventName>(event: E, listener: (payload: EventPayload<E>) => void): () => void
  /** Every event with its name, for those that pass them on. */
  onAny(listener: (event: EventName, payload: unknown) => void): () => void
  /** The picture of a sample, at most `size` pixels a side; null: the original. */
  sampleFile(sampleId: number, size: number | null): Promise<SampleFile>
  log: ServiceContext['log']
  /** Bytes that another network stack than Node's sent to other hosts. */
  addBytesSent(bytes: number): void
  /** Process ids of the workers, for tests that kill them. */
  workers(): { role: string; pid: number | undefined }[]
  /** Stops what runs, keeps it resumable, frees the workspace. */
  close(): Promise<void>
}

declare const __VERSION__: string

const watchBytesEveryMs = 2_000

/** The composition root: opens the workspace and builds every service. Knows neither Electron nor HTTP. */
export async function createWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  // Made, migrated and runs of the dead marked first, unless somebody else holds it and has done so.
  if (options.isReadingOnly) await (await createWorkbench({ ...options, isReadingOnly: false })).close()
  const paths = workspacePaths(options.workspace, options.resources)
  const opened = await openWorkspace(paths, options.kind, options.isReadingOnly)
  const built = build(options, paths, opened)
  if (!opened.readOnlyBecause) await built.recover()
  return built.workbench
}

function build(options: WorkbenchOptions, paths: WorkspacePaths, opened: OpenWorkspace) {
  const { emit, on, onAny } = createEvents()
  const db = new ReopenableDb(opened.db)
  const logBook = new LogBook(opened.readOnlyBecause ? null : `${paths.root}/logs/pellucid.log`, (entry) =>
    emit('workspace.logged', entry),
  )
  const log: ServiceContext['log'] = (level, source, message) => logBook.add(level, source, message)
  const guard = guardNetwork((host) => log('warn', 'network', `A connection to "${host}" was refused.`))
  const host = new WorkerHost(options.spawn, ({ level, source, message }) => log(level, source, message))
  const store = new SettingsStore(db)
  const tasks = new Tasks(emit)
  const context: ServiceContext = { db, jobs: host, emit, paths, tasks, settings: () => store.read(), log }

  const samples = new SampleFiles(context)
  const catalog = new CatalogService(context)
  const runs = new RunService(context)
  const sweeps = new SweepService(context, runs)
  on('runs.changed', (run) => sweeps.onRunChanged(run))
  on('runs.epochEnded', (epoch) => sweeps.onEpochEnded(epoch))
  const workspace = new WorkspaceService(
    context,
    {
      version: __VERSION__,
      schemaVersion: () => schemaVersion(db),
      shell: options.shell,
      isReadOnly: opened.readOnlyBecause !== null,
      holder: opened.holder,
      bytesSent: guard.bytesSent,
      engine: () => catalog.engine(),
      restore: (path, signal) => restore(context, db, runs, path, signal).then(() => sweeps.recover()),
    },
    store,
    logBook,
  )
  const explanations = new ExplanationService(context)
  const services: Services = {
    workspace,
    files: new FilesService(options.desktop),
    catalog,
    datasets: new DatasetService(context),
    annotations: new AnnotationService(context),
    quality: new QualityService(context),
    runs,
    sweeps,
    explanations,
    shortcuts: new ShortcutService(context, runs, explanations),
    insights: new InsightService(context),
    fairness: new FairnessService(context),
    proofs: new ProofService(context),
  }
  on('datasets.changed', () => void store.markOnce('imported').catch(() => {}))

  // Nothing should ever be sent; if it were, the status bar must say so by itself.
  let toldBytes = 0
  const watch = setInterval(() => {
    if (guard.bytesSent() === toldBytes) return
    toldBytes = guard.bytesSent()
    void workspace.get().then((info) => emit('workspace.changed', info))
  }, watchBytesEveryMs).unref()

  const close = async () => {
    clearInterval(watch)
    tasks.cancelAll()
    sweeps.close()
    await runs.close()
    await host.close()
    await logBook.flush()
    await db.close()
    await opened.release()
  }
  const never = new AbortController().signal
  const logError = (method: string, error: unknown) => log('error', method, String((error as Error)?.stack ?? error))
  const workbench: Workbench = {
    services,
    paths,
    readOnlyBecause: opened.readOnlyBecause,
    call: (method, input, signal = never) =>
      dispatch(services, method, input, { signal, readOnlyBecause: opened.readOnlyBecause, logError }),
    on,
    onAny,
    sampleFile: (sampleId, size) => samples.open(sampleId, size),
    log,
    addBytesSent: guard.add,
    workers: () => host.pids(),
    close: once(close),
  }
  const recover = async () => {
    await runs.recover()
    await sweeps.recover()
  }
  return { workbench, recover }
}

/** Puts a backup in the place of the workspace; when anything fails, the workspace is as it was. */
async function restore(
  { paths, tasks, log }: ServiceContext,
  db: ReopenableDb,
  runs: RunService,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  if (runs.activeIds.length > 0)
    throw new WorkbenchError('conflict', 'Runs are going on. Stop them or let them end, then restore the backup.')
  await tasks.run({ title: 'Restoring a backup', unit: 'bytes' }, signal, async (inner, progress) => {
    const openReadOnly = (file: string) => openSqlite(file, { readOnly: true })
    const incoming = await unpackBackup(paths, path, newestVersion(migrations), openReadOnly, inner, progress)
    const exchange = async () => {
      await swapIn(paths, incoming)
      const restored = await openForWriting(paths.database)
      await moveInnerPaths(restored, incoming.manifest.root, paths.root)
      await commitSwap(paths)
      return restored
    }
    const back = async () => {
      await undoSwap(paths)
      return openForWriting(paths.database)
    }
    await db.reopen(exchange, back)
  })
  await runs.recover()
  log('info', 'workspace', `Restored from ${path}.`)
}

function createEvents() {
  const emitter = new EventEmitter().setMaxListeners(0)
  const anything = Symbol('any event')
  const emit: Emit = (event, payload) => {
    emitter.emit(event, payload)
    emitter.emit(anything, event, payload)
  }
  const subscribe = (name: string | symbol, listener: (...args: never[]) => void) => {
    emitter.on(name, listener as (...args: unknown[]) => void)
    return () => void emitter.off(name, listener as (...args: unknown[]) => void)
  }
  return {
    emit,
    on: <E extends EventName>(event: E, listener: (payload: EventPayload<E>) => void) => subscribe(event, listener),
    onAny: (listener: (event: EventName, payload: unknown) => void) => subscribe(anything, listener),
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | null = null
  return () => (result ??= work())
}
