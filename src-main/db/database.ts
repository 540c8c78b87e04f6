/** What may be bound to a statement. NaN, infinities and BigInt are refused: SQLite would store them as NULL. */
export type SqlValue = string | number | boolean | null | Uint8Array

export interface Queries {
  get<T>(sql: string, ...params: SqlValue[]): Promise<T | undefined>
  all<T>(sql: string, ...params: SqlValue[]): Promise<T[]>
  /** One writing statement. */
  run(sql: string, ...params: SqlValue[]): Promise<{ changes: number; lastId: number }>
  /** Several statements without parameters. */
  exec(sql: string): Promise<void>
}

/** The port to the workspace's database: one writer, reads that never wait for it. */
export interface Db extends Queries {
  readonly isReadOnly: boolean
  /**
   * Runs `work` in one transaction, committed when it resolves and rolled back when it throws. Transactions queue; use
   * the queries handed in, since those of the outer `Db` do not see what is not committed yet.
   */
  transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T>
  /** A consistent copy of the whole database as one file. */
  backupTo(path: string): Promise<void>
  close(): Promise<void>
}
