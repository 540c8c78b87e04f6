import { appendFile, mkdir, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { LogEntry } from '@shared/schemas/workspace'

const keptEntries = 2000
const rotateAtBytes = 1_000_000
const keptFiles = 3

/** The last entries in memory for the log viewer, and all of them in `logs/pellucid.log`, which is rotated by size. */
export class LogBook {
  readonly #entries: LogEntry[] = []
  #writes: Promise<void> = Promise.resolve()

  /** `file` null: nothing is written (somebody else holds the workspace, or it is read-only). */
  constructor(
    private readonly file: string | null,
    private readonly onEntry: (entry: LogEntry) => void,
  ) {}

  add(level: LogEntry['level'], source: string, message: string): void {
    const entry = { at: Date.now(), level, source, message }
    this.#entries.push(entry)
    if (this.#entries.length > keptEntries) this.#entries.splice(0, this.#entries.length - keptEntries)
    this.#writes = this.#writes.then(() => this.#write(entry)).catch(() => {}) // a full disk must not stop the program
    this.onEntry(entry)
  }

  /** The newest `limit` entries, oldest first. */
  last(limit: number): LogEntry[] {
    return this.#entries.slice(-limit)
  }

  /** Resolves when everything so far is in the file. */
  flush(): Promise<void> {
    return this.#writes
  }

  async #write({ at, level, source, message }: LogEntry): Promise<void> {
    if (!this.file) return
    await mkdir(dirname(this.file), { recursive: true })
    const size = (await stat(this.file).catch(() => null))?.size ?? 0
    if (size > rotateAtBytes) await this.#rotate()
    await appendFile(this.file, `${new Date(at).toISOString()} ${level.padEnd(5)} ${source}: ${message}\n`)
  }

  async #rotate(): Promise<void> {
    const name = (index: number) => (index === 0 ? this.file! : join(dirname(this.file!), `pellucid.${index}.log`))
    for (let index = keptFiles - 1; index >= 0; index--) await rename(name(index), name(index + 1)).catch(() => {})
  }
}
