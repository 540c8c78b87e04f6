import { createInterface } from 'node:readline'

let firstStepSeconds = null

/** Call after the first step: how long a worker took from its start to there. */
export function firstStepDone() {
  firstStepSeconds ??= process.uptime()
}

/**
 * Tells the bench that this worker is ready, then answers each line "go SECONDS" with one line of JSON. `work(seconds)`
 * resolves to what it has `done` in how many `seconds`, and whatever else it measured.
 */
export async function serve(work) {
  console.log('READY')
  for await (const line of createInterface({ input: process.stdin })) {
    const busyBefore = process.cpuUsage()
    const { done, seconds, ...more } = await work(Number(line.split(' ')[1]))
    const { user, system } = process.cpuUsage(busyBefore)
    const speeds = { perSecond: done / seconds, perCpuSecond: done / ((user + system) / 1e6) }
    const peakMb = process.resourceUsage().maxRSS / 1024
    console.log(JSON.stringify({ ...speeds, ...more, peakMb, firstStepSeconds }))
  }
  process.exit(0)
}

/** Repeats `step`, which handles `items` at once, for that long. */
export async function repeat(step, items, seconds) {
  const times = []
  const from = performance.now()
  let now = from
  while (now - from < 1000 * seconds) {
    await step()
    const before = now
    now = performance.now()
    times.push(now - before)
  }
  times.sort((a, b) => a - b)
  const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))]
  return { done: times.length * items, seconds: (now - from) / 1000, p50Ms: at(0.5), p99Ms: at(0.99) }
}
