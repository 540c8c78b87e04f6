import { join } from 'node:path'
import { readJson } from './cache.mjs'
import { repoCache, root } from './paths.mjs'

const bin = (name, path) => join(root, 'node_modules', name, path)
const report = (id) => join(repoCache, 'test', `${id}.json`)
const vitest = (id, ...more) => [
  bin('vitest', 'vitest.mjs'),
  'run',
  ...more,
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report(id)}`,
]

/** What `npm test` runs, in order. `report` is where a stage counts its tests. */
export const stages = [
  { id: 'format', title: 'format', args: [bin('prettier', 'bin/prettier.cjs'), '--check', '--log-level=warn', '.'] },
  { id: 'lint', title: 'lint', args: [bin('eslint', 'bin/eslint.js'), '.'] },
  { id: 'types', title: 'types', args: [bin('vue-tsc', 'bin/vue-tsc.js'), '--noEmit'] },
  {
    id: 'unit',
    title: 'architecture, unit, conformance and golden files',
    args: vitest('unit'),
    report: report('unit'),
  },
  {
    id: 'e2e',
    title: 'end to end, in Electron and in Chromium',
    args: vitest('e2e', '--config', 'vitest.e2e.config.ts'),
    report: report('e2e'),
    needsDisplay: true,
  },
]

/** Too long for every change; run when they are named. */
export const longStages = [
  {
    id: 'soak',
    title: 'processes killed at random moments',
    args: vitest('soak', '--config', 'vitest.soak.config.ts'),
    report: report('soak'),
  },
]

/** The stages named in `--only a,b`; all but the long ones when nothing is named. Throws on a name that is none. */
export function chooseStages(only) {
  if (!only) return stages
  const all = [...stages, ...longStages]
  const wanted = only.split(',').map((name) => name.trim())
  const unknown = wanted.filter((name) => !all.some(({ id }) => id === name))
  if (unknown.length > 0) {
    throw new Error(`No such stage: ${unknown.join(', ')}. There are: ${all.map(({ id }) => id).join(', ')}`)
  }
  return all.filter(({ id }) => wanted.includes(id))
}

export function readReport(file) {
  return file ? readJson(file) : null
}

/** Counts of one stage. A stage that failed without naming a test (a file that does not load) counts as one failed. */
export function countTests(isOk, result) {
  const passed = result?.numPassedTests ?? 0
  const failed = result?.numFailedTests ?? 0
  const skipped = (result?.numPendingTests ?? 0) + (result?.numTodoTests ?? 0)
  return { passed, failed: isOk || failed > 0 ? failed : 1, skipped }
}

/** The closing line. */
export function summaryLine(counts) {
  const sum = (name) => counts.reduce((total, count) => total + count[name], 0)
  const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''
  return `${sum('passed')} passed, ${sum('failed')} failed${skipped}`
}
