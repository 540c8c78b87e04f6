import sqlite3 from 'sqlite3'
import { WorkbenchError } from '@shared/errors'
import type { Db, Queries, SqlValue } from './database'

type Connection = sqlite3.Database

/** Opens (and creates, unless read-only) the database file: WAL, `synchronous=FULL`, foreign keys on. */
export async function openSqlite(path: string, { readOnly = false } = {}): Promise<Db> {
  const reader = readOnly ? await connect(path, sqlite3.OPEN_READONLY) : null
  const writer = reader ?? (await connect(path, sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE))
  if (readOnly) return new SqliteDb(writer, writer, true)
  try {
    await queriesOf(writer).exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 16777216;',
    )
    return new SqliteDb(writer, await connect(path, sqlite3.OPEN_READONLY), false)
  } catch (error) {
    await closeConnection(writer).catch(() => {})
    throw error
  }
}

/**
 * Opens a database that nobody can change: on a read-only mount WAL's shared memory cannot be made, so its file is read
 * as it is.
 */
export async function openImmutable(path: string): Promise<Db> {
  const name = path.split('/').map(encodeURIComponent).join('/')
  const connection = await connect(`file:${name}?immutable=1`, sqlite3.OPEN_READONLY | sqlite3.OPEN_URI)
  return new SqliteDb(connection, connection, true)
}

/** Holds an exclusive transaction on `path` until released or until this process ends; null when another holds it. */
export async function holdExclusively(path: string): Promise<{ release(): Promise<void> } | null> {
  const connection = await connect(path, sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE)
  try {
    connection.configure('busyTimeout', 0)
    await queriesOf(connection).exec('BEGIN EXCLUSIVE')
  } catch (error) {
    await closeConnection(connection)
    if ((error as { code?: string }).code === 'SQLITE_BUSY') return null
    throw error
  }
  return {
    async release() {
      await queriesOf(connection).exec('ROLLBACK')
      await closeConnection(connection)
    },
  }
}

class SqliteDb implements Db {
  #queue: Promise<unknown> = Promise.resolve()
  readonly #write: Queries
  readonly #read: Queries

  constructor(
    private readonly writer: Connection,
    private readonly reader: Connection,
    readonly isReadOnly: boolean,
  ) {
    this.#write = queriesOf(writer)
    this.#read = queriesOf(reader)
  }

  get<T>(sql: string, ...params: SqlValue[]) {
    return this.#read.get<T>(sql, ...params)
  }

  all<T>(sql: string, ...params: SqlValue[]) {
    return this.#read.all<T>(sql, ...params)
  }

  run(sql: string, ...params: SqlValue[]) {
    return this.#exclusive(() => this.#write.run(sql, ...params))
  }

  exec(sql: string) {
    return this.#exclusive(() => this.#write.exec(sql))
  }

  transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T> {
    return this.#exclusive(async () => {
      await this.#write.exec('BEGIN IMMEDIATE')
      try {
        const result = await work(this.#write)
        await this.#write.exec('COMMIT')
        return result
      } catch (error) {
        await this.#write.exec('ROLLBACK').catch(() => {}) // a full disk has rolled back already
        if ((error as { code?: string }).code === 'SQLITE_FULL') await this.#shrinkLog()
        throw error
      }
    })
  }

  /** What the log of a write that failed took would keep a full disk full. */
  async #shrinkLog() {
    await this.#write.exec('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => {})
  }

  async backupTo(path: string) {
    // Reads only, so that it may be done while another program holds the workspace.
    if (this.isReadOnly) await this.#write.run('VACUUM INTO ?', path)
    else await this.run('VACUUM INTO ?', path)
  }

  async close() {
    await this.#queue.catch(() => {})
    if (this.reader !== this.writer) await closeConnection(this.reader)
    await closeConnection(this.writer)
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    if (this.isReadOnly) {
      return Promise.reject(new WorkbenchError('conflict', 'The workspace is open for reading only in this program.'))
    }
    const result = this.#queue.then(work)
    this.#queue = result.catch(() => {})
    return result
  }
}

function queriesOf(connection: Connection): Queries {
  return {
    get: (sql, ...params) => settle((done) => connection.get(sql, bind(params), done)) as Promise<never>,
    all: (sql, ...params) => settle((done) => connection.all(sql, bind(params), done)) as Promise<never>,
    run: (sql, ...params) =>
      new Promise((resolve, reject) =>
        connection.run(sql, bind(params), function (error) {
          if (error) reject(error)
          else resolve({ changes: this.changes, lastId: this.lastID })
        }),
      ),
    exec: (sql) => settle((done) => connection.exec(sql, done)) as Promise<never>,
  }
}

function bind(params: readonly SqlValue[]): unknown[] {
  return params.map((value) => {
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new TypeError(`Cannot store ${value} in the database.`)
    if (typeof value === 'bigint')
      throw new TypeError('Cannot store a BigInt in the database; pass a number or a string.')
    if (value === undefined) throw new TypeError('Cannot store undefined in the database; pass null.')
    return typeof value === 'boolean' ? Number(value) : value
  })
}

function connect(path: string, mode: number): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const connection = new sqlite3.Database(path, mode, (error) => {
      if (error) return reject(error)
      connection.configure('busyTimeout', 5000)
      resolve(connection)
    })
  })
}

const closeConnection = (connection: Connection) => settle((done) => connection.close(done))

function settle(start: (done: (error: Error | null, value?: unknown) => void) => void): Promise<unknown> {
  return new Promise((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value))))
}
