import type { Emit } from '@shared/contract'
import type { LogEntry, Settings } from '@shared/schemas/workspace'
import type { Db } from '../db/database'
import type { JobRunner } from '../worker/host'
import type { Tasks } from './tasks'

/** Where things lie in a workspace folder. */
export interface WorkspacePaths {
  root: string
  database: string
  /** One folder per run: snapshot.json, checkpoints. */
  runs: string
  /** May be deleted at any time: thumbnails, packed pictures, attribution maps. */
  cache: string
  /** Unpacked sample datasets and files dropped in a browser. */
  files: string
  /** Read-only resources of the program. */
  resources: string
}

/** What every service is given; a test passes the slice that it needs. */
export interface ServiceContext {
  db: Db
  jobs: JobRunner
  emit: Emit
  paths: WorkspacePaths
  tasks: Tasks
  settings(): Promise<Settings>
  log(level: LogEntry['level'], source: string, message: string): void
}
