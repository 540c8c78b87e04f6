import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const readyMs = 300_000
const stopMs = 5000

/** A worker process that measures one workload when it is asked to. */
export class Contender {
  static async start(label, command, args, env = {}) {
    const contender = new Contender(label, command, args, env)
    const first = await Promise.race([contender.#line(), new Promise((done) => setTimeout(done, readyMs, 'timeout'))])
    if (first === 'READY') return contender
    contender.stop()
    throw new Error(`${label} did not get ready: ${contender.#complaints.slice(-2000) || first}`)
  }

  #complaints = ''
  #child
  #lines
  constructor(label, command, args, env) {
    this.label = label
    this.rounds = []
    const quiet = { TF_CPP_MIN_LOG_LEVEL: '3' }
    this.#child = spawn(command, args, { env: { ...process.env, ...quiet, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.stderr.on('data', (text) => (this.#complaints += text))
    this.#child.stdin.on('error', () => {})
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /** What tfjs and PyTorch print for themselves is passed over. */
  async #line() {
    for (;;) {
      const { value, done } = await this.#lines.next()
      if (done) return null
      if (value === 'READY' || value.startsWith('{')) return value
    }
  }

  async measure(seconds) {
    this.#child.stdin.write(`go ${seconds}\n`)
    const line = await this.#line()
    if (line === null) throw new Error(`${this.label} ended: ${this.#complaints.slice(-2000)}`)
    return JSON.parse(line)
  }

  async round(seconds) {
    this.rounds.push(await this.measure(seconds))
  }

  /** Median of one of the rounds' figures; null where none was measured. */
  median(key) {
    const values = this.rounds.map((round) => round[key]).filter((value) => typeof value === 'number')
    values.sort((a, b) => a - b)
    return values.length > 0 ? values[Math.floor(values.length / 2)] : null
  }

  /** Lets it end by itself, which clears what it wrote. */
  stop() {
    this.#child.stdin.end()
    setTimeout(() => this.#child.kill('SIGKILL'), stopMs).unref()
  }
}

/** Starts contenders one after the other, measures each for two moments and keeps the fastest. */
export async function fastest(starters, seconds) {
  let best = null
  for (const start of starters) {
    const contender = await start()
    const tries = [await contender.measure(seconds), await contender.measure(seconds)]
    const perSecond = Math.max(...tries.map((measured) => measured.perSecond))
    if (best && best.perSecond >= perSecond) contender.stop()
    else {
      best?.contender.stop()
      best = { contender, perSecond }
    }
  }
  return best.contender
}
