import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { toErrorReply, WorkbenchError, type ErrorReply } from '@shared/errors'
import type { ProgramPaths } from './session'
import { withSession } from './session'
import { addDataVerbs } from './verbs/data'
import type { AddAction, Said } from './verbs/define'
import { addInsightVerbs } from './verbs/insight'
import { addShortcutVerbs } from './verbs/shortcuts'
import { addProofVerbs } from './verbs/proofs'
import { addRunVerbs } from './verbs/runs'
import { addSweepVerbs } from './verbs/sweeps'
import { addServeVerb } from './verbs/serve'
import { addSurroundingVerbs } from './verbs/surroundings'
import { addWorkspaceVerbs } from './verbs/workspace'

declare const __VERSION__: string

interface GlobalOptions {
  workspace?: string
  json?: boolean
}

const exitCodes = { ok: 0, failed: 1, usage: 2, interrupted: 130 }

/** This file is built to out/main/cli.js. */
const program: ProgramPaths = {
  worker: join(__dirname, 'worker.js'),
  renderer: join(__dirname, '..', 'renderer'),
  resources: join(__dirname, '..', '..', 'resources'),
}

/** Runs one command; resolves to its exit code. */
async function main(argv: string[]): Promise<number> {
  const interrupt = listenForInterrupt()
  let exitCode = exitCodes.ok
  const wantsJson = argv.includes('--json')
  const print = ({ document, text }: Said) =>
    process.stdout.write(wantsJson ? `${JSON.stringify(document)}\n` : `${text}\n`)
  const addAction: AddAction = (command, { reads = false, kind = 'cli' }, action) => {
    command.action(async (...args: unknown[]) => {
      const { workspace } = command.optsWithGlobals<GlobalOptions>()
      const options = { program, workspace, kind, isReadingOnly: reads, signal: interrupt.signal }
      const said = await withSession(options, async (session) => {
        if (!reads && session.workbench.readOnlyBecause)
          throw new WorkbenchError('conflict', session.workbench.readOnlyBecause)
        const rest = args.slice(0, -1) as never // commander hands the command itself in last
        return action({ ...session, say: print }, ...rest)
      })
      if (said) print(said)
      exitCode = said?.exitCode ?? exitCodes.ok
    })
  }
  try {
    await buildCommands(addAction).parseAsync(argv, { from: 'user' })
  } catch (error) {
    exitCode = fail(error, wantsJson)
  }
  return interrupt.signal.aborted ? interrupt.exitCode() : exitCode
}

function buildCommands(addAction: AddAction): Command {
  const root = new Command('pellucid')
    .description('A deep-learning workbench that shows its work. Everything stays on this machine.')
    .version(__VERSION__)
    .option(
      '--workspace <folder>',
      "where everything is kept (default: $PELLUCID_WORKSPACE, else the platform's folder)",
    )
    .option('--json', 'print one JSON document')
    .showHelpAfterError('(pellucid --help lists the commands)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => process.stdout.write(text), writeErr: (text) => process.stderr.write(text) })
  addDataVerbs(root, addAction)
  addRunVerbs(root, addAction)
  addSweepVerbs(root, addAction)
  addInsightVerbs(root, addAction)
  addShortcutVerbs(root, addAction)
  addSurroundingVerbs(root, addAction)
  addProofVerbs(root, addAction)
  addServeVerb(root, program, addAction)
  addWorkspaceVerbs(root, addAction)
  return root
}

/** Tells what went wrong where the caller looks for it; returns the exit code. */
function fail(error: unknown, wantsJson: boolean): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.ok // --help, --version
    // Commander has told people already.
    if (wantsJson) printError({ code: 'invalid_input', message: error.message.replace(/^error: /, '') })
    return exitCodes.usage
  }
  const reply = toErrorReply(error)
  if (wantsJson) printError(reply)
  else process.stderr.write(`${reply.message}\n`)
  if (reply.code === 'internal') process.stderr.write(`${String((error as Error)?.stack ?? error)}\n`)
  return exitCodes.failed
}

const printError = ({ code, message, details = null }: ErrorReply) =>
  process.stdout.write(`${JSON.stringify({ error: { code, message, details } })}\n`)

/** The first Ctrl-C lets the command end well; the second ends it at once. */
function listenForInterrupt() {
  const controller = new AbortController()
  let exitCode = exitCodes.interrupted
  const listen = (signal: NodeJS.Signals, code: number) =>
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(code)
      exitCode = code
      process.stderr.write('\nStopping; press Ctrl-C again to end at once.\n')
      controller.abort()
    })
  listen('SIGINT', exitCodes.interrupted)
  listen('SIGTERM', 143)
  return { signal: controller.signal, exitCode: () => exitCode }
}

process.stdout.on('error', () => {}) // a reader that went away (| head) is no failure of ours
void main(process.argv.slice(2)).then((code) => process.stdout.write('', () => process.exit(code)))
