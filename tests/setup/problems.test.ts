import { expect, test } from 'vitest'
import { missingLibraries } from '../../scripts/setup/electron-runtime.mjs'
import { freeBytes, missingPip, missingTools, requireDiskSpace, SetupProblem } from '../../scripts/setup/problems.mjs'
import { requireNode } from '../../scripts/setup/steps.mjs'
import { lackingPackages, parseInstalled, wantedPackages } from '../../scripts/setup/system-libraries.mjs'

const all = { compiler: '/bin/g++', make: '/bin/make', python: '/bin/python3' }

test('nothing is missing where all tools are', () => {
  expect(missingTools(all, 'linux')).toBeNull()
})

test('each missing tool is named, with what to do', () => {
  const { missing, todo } = missingTools({ ...all, compiler: null, python: null }, 'linux')
  expect(missing).toBe('a C++ compiler, Python 3')
  expect(todo).toMatch(/build-essential.*python3/s)
  expect(missingTools({ ...all, make: null }, 'darwin').todo).toContain('xcode-select')
  expect(missingTools({ ...all, python: null }, 'win32').missing).toBe('Python 3')
  expect(missingPip('linux').todo).toContain('python3-pip')
})

test('a problem says what is missing, what was expected and what to do', () => {
  const problem = new SetupProblem({ what: 'X failed.', missing: 'a', expected: 'b', todo: 'c' })
  expect(problem.message).toBe('X failed.\n  missing:  a\n  expected: b\n  to do:    c')
})

test('a problem also fits in one line', () => {
  const { oneLine } = new SetupProblem({ what: 'X failed:\n  long output', missing: 'a', expected: 'b', todo: 'c' })
  expect(oneLine).toBe('X failed: Missing: a. To do: c.')
})

test('too little disk space is told before anything is written', () => {
  expect(() => requireDiskSpace('/tmp', 2e9, 'TensorFlow', 5e8)).toThrow(/TensorFlow[^]*1\.5 GB[^]*PELLUCID_CACHE/)
  expect(() => requireDiskSpace('/tmp', 2e9, 'TensorFlow', 2e9)).not.toThrow()
})

test('free space of a folder that is not made yet is that of the disk it will be on', () => {
  expect(freeBytes('/tmp/not/made/yet')).toBeGreaterThan(0)
})

test('an old Node.js is refused with the version that was expected', () => {
  expect(() => requireNode('18.20.4')).toThrow(/18\.20\.4[^]*20\.19/)
  expect(() => requireNode('20.18.0')).toThrow()
  for (const good of ['20.19.0', '20.20.2', '22.1.0', '24.21.0']) expect(() => requireNode(good)).not.toThrow()
})

test('a system package counts under its older or newer name', () => {
  const installed = parseInstalled('ii  libasound2t64\nun  libgtk-3-0\nrc  xvfb\nii  libnss3\n')
  expect([...installed]).toEqual(['libasound2t64', 'libnss3'])
  const lacking = lackingPackages([['libasound2', 'libasound2t64'], ['libnss3'], ['xvfb']], installed)
  expect(lacking).toEqual([['xvfb']])
})

test('the browser is wanted for the tests only', () => {
  const names = (forTests: boolean) => wantedPackages(forTests).flat()
  expect(names(false)).not.toContain('chromium')
  expect(names(true)).toContain('chromium')
})

test('libraries that Electron lacks are read from ldd', () => {
  const said = '\tlinux-vdso.so.1 (0x00)\n\tlibgtk-3.so.0 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x00)\n'
  expect(missingLibraries(said)).toEqual(['libgtk-3.so.0'])
})
