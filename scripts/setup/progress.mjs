/** Says what set-up does and how far it is: rewritten in place on a terminal, a line now and then elsewhere. */
export class Progress {
  #stream
  #total
  #number = 0
  #started = Date.now()
  #title = ''
  #stepStarted = 0
  #lastTick = 0
  #hasTransient = false

  constructor(stream = process.stdout, total = 0) {
    this.#stream = stream
    this.#total = total
  }

  /** Seconds since set-up began. */
  get elapsed() {
    return (Date.now() - this.#started) / 1000
  }

  begin(title) {
    this.#number += 1
    this.#title = title
    this.#stepStarted = this.#lastTick = Date.now()
  }

  /** A sentence that stays: what is being done and why. */
  say(text) {
    this.#print(`${this.#prefix()} ${this.#title}: ${text}`)
  }

  /** Where a long step is; may be called often. `say` gives for instance "120 of 274 MB, 44 %, 31 MB/s". */
  tick(say) {
    const now = Date.now()
    const every = this.#stream.isTTY ? 200 : 10_000
    if (now - this.#lastTick < every) return
    this.#lastTick = now
    const detail = typeof say === 'function' ? say() : say
    const line = `${this.#prefix()} ${this.#title}: ${detail ? `${detail}, ` : ''}${seconds(now - this.#stepStarted)}`
    if (!this.#stream.isTTY) return this.#print(line)
    this.#stream.write(`\r\x1b[K${line.slice(0, (this.#stream.columns ?? 80) - 1)}`)
    this.#hasTransient = true
  }

  end(result) {
    this.#print(`${this.#prefix()} ${this.#title}: ${result} (${seconds(Date.now() - this.#stepStarted)})`)
  }

  /** A line outside the steps. */
  line(text) {
    this.#print(text)
  }

  #prefix() {
    return `[${this.#number}/${this.#total}]`
  }

  #print(text) {
    if (this.#hasTransient) this.#stream.write('\r\x1b[K')
    this.#hasTransient = false
    this.#stream.write(`${text}\n`)
  }
}

/** "0.03 s", "12.4 s", "2 min 05 s". */
export function seconds(ms) {
  const value = ms / 1000
  if (value < 1) return `${value.toFixed(2)} s`
  if (value < 60) return `${value.toFixed(1)} s`
  const whole = Math.round(value)
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
}

/** "120 of 274 MB, 44 %, 31 MB/s"; without a known total "120 MB, 31 MB/s". */
export function transferred(bytes, totalBytes, ms) {
  const mb = (value) => Math.round(value / 1e6)
  const rate = ms > 500 ? `, ${(bytes / 1e3 / ms).toFixed(1)} MB/s` : ''
  if (!totalBytes) return `${mb(bytes)} MB${rate}`
  const percent = Math.min(100, Math.round((100 * bytes) / totalBytes))
  return `${mb(bytes)} of ${mb(totalBytes)} MB, ${percent} %${rate}`
}
