import type { Command } from 'commander'
import type { Holder } from '@shared/schemas/workspace'
import type { Session } from '../session'

/** What a verb has to say: the document of `--json`, and the same for people. */
export interface Said {
  document: unknown
  text: string
  /** 0 unless the verb's own verdict is a failure. */
  exitCode?: number
}

export interface VerbOptions {
  /** Reading verbs work while another program holds the workspace. */
  reads?: boolean
  kind?: Holder['kind']
}

/** A session of the command line, which can say its piece before the verb ends (a server its address). */
export type VerbSession = Session & { say(said: Said): void }

/** Adds a verb's action: opens the workspace, runs it, prints what it said; null when it said all before. */
export type AddAction = <A extends unknown[]>(
  command: Command,
  options: VerbOptions,
  action: (session: VerbSession, ...args: A) => Promise<Said | null>,
) => void
