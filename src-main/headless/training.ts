import type { Run, RunSpec } from '@shared/schemas/run'
import type { z } from 'zod'
import type { Session } from './session'

/** Starts a run and waits for its end. */
export async function trainToEnd(session: Session, spec: z.input<typeof RunSpec>): Promise<Run> {
  const { estimate } = await session.client.runs.plan(spec)
  if (estimate) {
    const { seconds, memoryBytes } = estimate
    session.reporter.note(`takes about ${Math.ceil(seconds)} s and ${(memoryBytes / 1e9).toFixed(1)} GB of memory`)
  }
  const { runId, name } = await session.client.runs.start(spec)
  session.reporter.note(`run ${name} (${runId}) started`)
  return waitForRun(session, runId)
}

/** Waits until a run has ended; Ctrl-C stops it, and it is kept. */
export async function waitForRun({ client, workbench, signal }: Session, runId: string): Promise<Run> {
  const isOver = ({ status }: Run) => status !== 'queued' && status !== 'running'
  return new Promise((resolve, reject) => {
    const finish = (run: Run) => {
      off()
      signal.removeEventListener('abort', stop)
      resolve(run)
    }
    const stop = () => void workbench.call('runs.stop', { run: runId })
    const off = workbench.on('runs.changed', (run) => {
      if (run.runId === runId && isOver(run)) finish(run)
    })
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    // It may have ended before we listened.
    client.runs.get({ run: runId }).then((run) => isOver(run) && finish(run), reject)
  })
}
