import { Settings } from '@shared/schemas/workspace'
import type { Db } from '../db/database'

/** The workspace's settings: one row per key, defaults for what was never set. */
export class SettingsStore {
  constructor(private readonly db: Db) {}

  async read(): Promise<Settings> {
    const rows = await this.db.all<{ key: string; value: string }>('SELECT key, value FROM settings')
    const stored = Object.fromEntries(rows.map(({ key, value }) => [key, JSON.parse(value) as unknown]))
    const parsed = Settings.safeParse(stored)
    if (parsed.success) return parsed.data
    // One value that a newer or broken program wrote must not take the others along.
    const bad = new Set(parsed.error.issues.map((issue) => String(issue.path[0])))
    return Settings.parse(Object.fromEntries(Object.entries(stored).filter(([key]) => !bad.has(key))))
  }

  async update(changes: Partial<Settings>): Promise<Settings> {
    await this.db.transaction(async (tx) => {
      for (const [key, value] of Object.entries(changes)) {
        if (value === undefined) continue
        await tx.run('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)', key, JSON.stringify(value))
      }
    })
    return this.read()
  }

  /** A mark of the program's own, beside what people set. Never taken back. */
  async markOnce(key: string): Promise<void> {
    if (await this.isMarked(key)) return
    await this.db.run('INSERT OR IGNORE INTO settings (key, value) VALUES (?, ?)', `mark.${key}`, 'true')
  }

  async isMarked(key: string): Promise<boolean> {
    return (await this.db.get('SELECT 1 FROM settings WHERE key = ?', `mark.${key}`)) !== undefined
  }
}
