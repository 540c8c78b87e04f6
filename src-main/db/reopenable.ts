import type { Db, Queries, SqlValue } from './database'

/** A database that another can take the place of while everybody holds this object: a restored backup. */
export class ReopenableDb implements Db {
  readonly isReadOnly: boolean
  #current: Promise<Db>

  constructor(db: Db) {
    this.isReadOnly = db.isReadOnly
    this.#current = Promise.resolve(db)
  }

  async get<T>(sql: string, ...params: SqlValue[]) {
    return (await this.#current).get<T>(sql, ...params)
  }

  async all<T>(sql: string, ...params: SqlValue[]) {
    return (await this.#current).all<T>(sql, ...params)
  }

  async run(sql: string, ...params: SqlValue[]) {
    return (await this.#current).run(sql, ...params)
  }

  async exec(sql: string) {
    return (await this.#current).exec(sql)
  }

  async transaction<T>(work: (tx: Queries) => Promise<T>) {
    return (await this.#current).transaction(work)
  }

  async backupTo(path: string) {
    return (await this.#current).backupTo(path)
  }

  async close() {
    return (await this.#current).close()
  }

  /**
   * Closes the database and opens what `exchange` puts in its place. Queries wait meanwhile. When that fails, `back`
   * brings the old one back, and the failure is thrown.
   */
  async reopen(exchange: () => Promise<Db>, back: () => Promise<Db>): Promise<void> {
    const old = this.#current
    let failure: { error: unknown } | null = null
    this.#current = (async () => {
      await (await old).close()
      try {
        return await exchange()
      } catch (error) {
        failure = { error }
        return back()
      }
    })()
    await this.#current
    if (failure) throw (failure as { error: unknown }).error
  }
}
