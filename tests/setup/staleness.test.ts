import { expect, test } from 'vitest'
import { differingPackages } from '../../scripts/setup/dependencies.mjs'
import { describeEngine, isStillGood } from '../../scripts/setup/engine.mjs'
import { appEnvironment, electronArguments, hasDisplay } from '../../scripts/setup/launch.mjs'
import { seconds, transferred } from '../../scripts/setup/progress.mjs'
import { chooseStages, countTests, stages, summaryLine } from '../../scripts/setup/stages.mjs'

const lock = {
  packages: {
    '': { name: 'pellucid' },
    'node_modules/vue': { version: '3.5.45' },
    'node_modules/sharp-linux': { version: '1.0.0', optional: true, os: ['linux'], cpu: ['x64'] },
    'node_modules/sharp-darwin': { version: '1.0.0', optional: true, os: ['darwin'], cpu: ['arm64'] },
    'node_modules/helper-of-wasm': { version: '1.0.0', optional: true },
  },
}

test('dependencies are whole when every package of this platform is there in its version', () => {
  const packages = { 'node_modules/vue': { version: '3.5.45' }, 'node_modules/sharp-linux': { version: '1.0.0' } }
  expect(differingPackages(lock, { packages }, 'linux', 'x64')).toEqual([])
  expect(differingPackages(lock, { packages }, 'darwin', 'arm64')).toEqual(['node_modules/sharp-darwin'])
})

test('a missing folder, package or version is stale', () => {
  expect(differingPackages(lock, null, 'linux', 'x64')).toHaveLength(2)
  const packages = { 'node_modules/vue': { version: '3.5.44' }, 'node_modules/sharp-linux': { version: '1.0.0' } }
  expect(differingPackages(lock, { packages }, 'linux', 'x64')).toEqual(['node_modules/vue'])
})

test('a native engine is good while its files are there', () => {
  const stamp = { engine: { kind: 'native' }, at: 0, tools: {} }
  const later = { now: 1e15, tools: {} }
  expect(isStillGood(stamp, { ...later, isPlaced: () => true })).toBe(true)
  expect(isStillGood(stamp, { ...later, isPlaced: () => false })).toBe(false)
})

test('an engine that could not be had is tried again after a day, or when a tool has come', () => {
  const stamp = { engine: { kind: 'cpu', reason: 'no compiler' }, at: 1000, tools: { compiler: null } }
  const isPlaced = () => false
  expect(isStillGood(stamp, { now: 2000, tools: { compiler: null }, isPlaced })).toBe(true)
  expect(isStillGood(stamp, { now: 2000, tools: { compiler: 'g++' }, isPlaced })).toBe(false)
  expect(isStillGood(stamp, { now: 1000 + 25 * 3600_000, tools: { compiler: null }, isPlaced })).toBe(false)
  expect(describeEngine(stamp.engine)).toContain('no compiler')
})

test('the sandbox is off for root only', () => {
  expect(electronArguments(0)).toEqual(['--no-sandbox'])
  expect(electronArguments(1000)).toEqual([])
})

test('a display is asked for on Linux only', () => {
  expect(hasDisplay({}, 'linux')).toBe(false)
  expect(hasDisplay({ DISPLAY: ':0' }, 'linux')).toBe(true)
  expect(hasDisplay({ WAYLAND_DISPLAY: 'wayland-0' }, 'linux')).toBe(true)
  expect(hasDisplay({}, 'darwin')).toBe(true)
})

test('the app is told where Electron and the libraries of CUDA are, and never runs as plain Node', () => {
  const runtime = { source: 'registry', electronPath: '/e/electron', engine: { libraryPaths: ['/n/lib'] } }
  const env = appEnvironment(runtime, { ELECTRON_RUN_AS_NODE: '1', LD_LIBRARY_PATH: '/old' })
  expect(env).toEqual({
    ELECTRON_OVERRIDE_DIST_PATH: '/e',
    LD_LIBRARY_PATH: '/n/lib:/old',
    PELLUCID_NODE: process.execPath,
  })
  expect(appEnvironment(runtime, { PELLUCID_NODE: '/my/node' }).PELLUCID_NODE).toBe('/my/node')
})

test('stages are chosen by name, in their own order', () => {
  const ids = (only?: string) => chooseStages(only).map((stage: { id: string }) => stage.id)
  expect(ids()).toEqual(stages.map((stage: { id: string }) => stage.id))
  expect(ids('unit, lint')).toEqual(['lint', 'unit'])
  expect(() => chooseStages('unitt')).toThrow(/No such stage: unitt\. There are: format/)
})

test('the closing line counts tests, and a failure without a test as one', () => {
  const unit = countTests(true, { numPassedTests: 10, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1 })
  const e2e = countTests(false, { numPassedTests: 3, numFailedTests: 2 })
  const lint = countTests(false, null)
  expect(summaryLine([countTests(true, null), unit])).toBe('10 passed, 0 failed, 2 skipped')
  expect(summaryLine([unit, e2e, lint])).toBe('13 passed, 3 failed, 2 skipped')
})

test('times and sizes read well', () => {
  expect([30, 12_400, 125_000].map(seconds)).toEqual(['0.03 s', '12.4 s', '2 min 05 s'])
  expect(transferred(120e6, 240e6, 4000)).toBe('120 of 240 MB, 50 %, 30.0 MB/s')
  expect(transferred(12e6, 0, 100)).toBe('12 MB')
})
