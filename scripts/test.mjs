#!/usr/bin/env node
import { mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { startDisplay } from './setup/display.mjs'
import { appEnvironment, foreground, hasDisplay } from './setup/launch.mjs'
import { seconds } from './setup/progress.mjs'
import { chooseStages, countTests, readReport, summaryLine } from './setup/stages.mjs'
import { failSetUp, setUp } from './setup/steps.mjs'

/*
 * npm test: brings what the workbench and its tests need, then runs every stage, also after one that failed.
 *   npm test -- --only unit,e2e        only these stages
 *   npm test -- --only unit -- NAME    what follows the second -- goes to the stage's own program
 */
const { values, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' } } })

const chosen = choose(values.only)
const runtime = await setUp({ forTests: true }).catch(failSetUp)
const env = { ...appEnvironment(runtime), PELLUCID_ELECTRON: runtime.electronPath ?? '' }
if (runtime.chromiumPath) env.PELLUCID_CHROMIUM = runtime.chromiumPath
else process.stdout.write('Chromium was not found: its end-to-end tests will fail. To do: apt-get install chromium\n')

let isInterrupted = false
process.on('SIGINT', () => (isInterrupted = true))

const counts = []
const results = []
for (const [index, stage] of chosen.entries()) {
  process.stdout.write(`\n[${index + 1}/${chosen.length}] ${stage.title}\n`)
  const started = Date.now()
  const isOk = await runStage(stage)
  if (isInterrupted) process.exit(130)
  const count = countTests(isOk, readReport(stage.report))
  counts.push(count)
  const tests = stage.report ? `, ${count.passed} passed, ${count.failed} failed` : ''
  results.push(`${isOk ? 'ok    ' : 'FAILED'} ${stage.title} (${seconds(Date.now() - started)}${tests})`)
  process.stdout.write(`${results.at(-1)}\n`)
}
process.stdout.write(`\n${results.join('\n')}\n${summaryLine(counts)}\n`)
process.exit(results.some((line) => line.startsWith('FAILED')) ? 1 : 0)

function choose(only) {
  try {
    return chooseStages(only)
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
}

async function runStage(stage) {
  if (stage.report) {
    // A report of an earlier run must not speak for this one.
    rmSync(stage.report, { force: true })
    mkdirSync(dirname(stage.report), { recursive: true })
  }
  let screen = null
  try {
    if (stage.needsDisplay && !hasDisplay()) screen = await startDisplay()
    const stageEnv = screen ? { ...env, DISPLAY: screen.display } : env
    return (await foreground(process.execPath, [...stage.args, ...positionals], { env: stageEnv })) === 0
  } catch (error) {
    process.stdout.write(`${error.message}\n`)
    return false
  } finally {
    screen?.stop()
  }
}
