import type { Client, Method } from '@shared/contract'
import { WorkbenchError } from '@shared/errors'
import type { Holder } from '@shared/schemas/workspace'
import { createClient } from '@shared/transport'
import { createWorkbench, type Workbench } from '../workbench'
import { workspaceFolder } from '../workspace-folder'
import { forkHost } from './fork-host'
import { Reporter } from './reporter'

/** Where the built program lies: its workers and its resources. */
export interface ProgramPaths {
  worker: string
  renderer: string
  resources: string
}

/** One command's hold on the workbench: the client it calls, what stops it, and where it may chat. */
export interface Session {
  client: Client
  workbench: Workbench
  /** Fires on Ctrl-C. */
  signal: AbortSignal
  reporter: Reporter
}

export interface SessionOptions {
  program: ProgramPaths
  workspace: string | undefined
  kind: Holder['kind']
  isReadingOnly: boolean
  signal: AbortSignal
}

/** Opens the workspace, lets `work` use it and closes it again, whatever happens. */
export async function withSession<T>(options: SessionOptions, work: (session: Session) => Promise<T>): Promise<T> {
  const reporter = new Reporter(process.stderr)
  const workbench = await createWorkbench({
    workspace: workspaceFolder(options.workspace),
    kind: options.kind,
    shell: options.kind === 'serve' ? 'browser' : 'cli',
    spawn: forkHost(options.program.worker, (role, line) => workbench?.log('debug', role, line)),
    resources: options.program.resources,
    isReadingOnly: options.isReadingOnly,
  })
  const stopReporting = reporter.follow(workbench)
  try {
    const call = (method: string, input: unknown) => workbench.call(method as Method, input, options.signal)
    return await work({ client: createClient({ call }), workbench, signal: options.signal, reporter })
  } finally {
    stopReporting()
    await workbench.close()
  }
}

export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new WorkbenchError('cancelled', 'Stopped by Ctrl-C.')
}
