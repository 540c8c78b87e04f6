import { loadJob } from '@main/worker/jobs'
import type { JobName, Jobs } from '@main/worker/protocol'
import type { JobOptions, JobRunner, WorkerRole } from '@main/worker/host'

/** Runs the real job handlers in the test's own process: no fork, no build needed. */
export const inProcessJobs: JobRunner = {
  async run<J extends JobName>(_role: WorkerRole, job: J, input: Jobs[J]['input'], options: JobOptions<J> = {}) {
    const handler = await loadJob(job)
    if (!handler) throw new Error(`No job "${job}".`)
    const value = await handler(structuredClone(input) as never, {
      signal: options.signal ?? new AbortController().signal,
      report: (event: unknown) => options.onEvent?.(structuredClone(event) as never),
      log: () => {},
    })
    return structuredClone(value) as Jobs[J]['output']
  },
}
