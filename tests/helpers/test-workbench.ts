import { resolve } from 'node:path'
import { onTestFinished } from 'vitest'
import { createClient } from '@shared/transport'
import { createWorkbench, type WorkbenchOptions } from '@main/workbench'
import type { WorkerProcess } from '@main/worker/host'
import { tempFolder } from './temp-db'

export const resources = resolve(import.meta.dirname, '../../resources')

/** An engine that is still starting, and leaves when it is told to. */
function silentWorker(): WorkerProcess {
  let onExit = (_reason: string) => {}
  return {
    pid: undefined,
    send: ({ type }) => type === 'exit' && onExit('told to'),
    onMessage() {},
    onExit: (listener) => void (onExit = listener),
    kill: () => onExit('killed'),
  }
}

/** A real workbench on a folder of the test's own, whose workers never answer: these tests need none. */
export async function openTestWorkbench(options: Partial<WorkbenchOptions> = {}) {
  const workbench = await createWorkbench({
    workspace: options.workspace ?? (await tempFolder()),
    kind: 'test',
    shell: 'cli',
    spawn: silentWorker,
    resources,
    ...options,
  })
  onTestFinished(() => workbench.close())
  return { workbench, client: createClient(workbench) }
}
