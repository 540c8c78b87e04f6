import { readFile } from 'node:fs/promises'
import { freemem } from 'node:os'
import type { Plan } from '@shared/schemas/run'
import type { Queries } from '../db/database'

/** So many of the newest runs of a family are looked at. */
const runsLookedAt = 5
/** A network this many times larger or smaller says nothing about the speed of this one. */
const likeness = 30
/** Loading the engine, building the network, predicting all samples at the end. */
const besideSeconds = 3

/** Puts what this machine did in earlier runs, and has of memory, in the place of a rule of thumb. */
export async function estimated(db: Queries, family: string, trainCount: number, plan: Plan): Promise<Plan> {
  const { estimate } = plan
  if (!estimate) return plan
  const warnings = [...plan.warnings, ...memoryWarning(estimate.memoryBytes, await availableMemory())]
  const speed = await speedOf(db, family, estimate.multiplyAdds)
  if (speed === null) return { ...plan, warnings }
  const seconds = besideSeconds + (Number(plan.params['epochs']) * trainCount) / speed
  return { ...plan, warnings, estimate: { ...estimate, seconds, isMeasured: true } }
}

/** Samples per second that a network of this size is expected to reach, from the newest runs of its family; null for none. */
async function speedOf(db: Queries, family: string, multiplyAdds: number): Promise<number | null> {
  const rows = await db.all<{ speed: number; cost: number }>(
    `SELECT summary ->> 'samplesPerSecond' AS speed, summary ->> 'multiplyAdds' AS cost FROM runs
     WHERE family = ? AND status = 'finished' AND speed > 0 AND cost BETWEEN ? AND ?
     ORDER BY ended_at DESC LIMIT ?`,
    family,
    multiplyAdds / likeness,
    multiplyAdds * likeness,
    runsLookedAt,
  )
  if (rows.length === 0) return null
  const nearest = (cost: number) => Math.abs(Math.log(cost / multiplyAdds))
  const { speed, cost } = rows.sort((a, b) => nearest(a.cost) - nearest(b.cost))[0]!
  // A larger network takes longer in proportion; below a certain size what a sample costs besides counts most.
  return cost >= multiplyAdds ? speed : speed * (cost / multiplyAdds)
}

const inGigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`

/** Free memory that is not enough, said before the start. */
export function memoryWarning(needed: number, available: number): string[] {
  if (needed <= available) return []
  return [
    `Training needs about ${inGigabytes(needed)} of memory, and ${inGigabytes(available)} are free. Close other programs, or take a smaller batch, smaller pictures or a smaller network.`,
  ]
}

/** Bytes that a new process can have: what Linux calls available, within the limit of a container; else what is free. */
export async function availableMemory(): Promise<number> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => '')
  const [memory, limit, used] = await Promise.all([
    read('/proc/meminfo'),
    read('/sys/fs/cgroup/memory.max'),
    read('/sys/fs/cgroup/memory.current'),
  ])
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(memory)
  const left = Number(limit) - Number(used)
  const own = available ? 1024 * Number(available[1]) : freemem()
  return limit !== '' && Number.isFinite(left) ? Math.min(own, left) : own
}
