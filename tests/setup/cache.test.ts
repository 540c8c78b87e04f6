import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keyOf, keyOfFiles, makeFolder, readJson, stageOwner, writeJson } from '../../scripts/setup/cache.mjs'
import { userCacheDir } from '../../scripts/setup/paths.mjs'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pellucid-setup-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const deadPid = 2 ** 22 + 1 // above the highest process id of Linux

test('a key follows content, not dates', () => {
  mkdirSync(join(folder, 'src'))
  writeFileSync(join(folder, 'src', 'a.ts'), 'one')
  const key = keyOfFiles(folder, ['src'])
  utimesSync(join(folder, 'src', 'a.ts'), 1, 1)
  expect(keyOfFiles(folder, ['src'])).toBe(key)
  writeFileSync(join(folder, 'src', 'a.ts'), 'two')
  expect(keyOfFiles(folder, ['src'])).not.toBe(key)
})

test('a key tells a renamed file, a new file and text that moved between files', () => {
  mkdirSync(join(folder, 'src'))
  const write = (name: string, text: string) => writeFileSync(join(folder, 'src', name), text)
  write('a', '12')
  write('b', '3')
  const key = keyOfFiles(folder, ['src'])
  write('a', '1')
  write('b', '23')
  const moved = keyOfFiles(folder, ['src'])
  write('c', '')
  expect(new Set([key, moved, keyOfFiles(folder, ['src'])]).size).toBe(3)
})

test('ignored and missing files do not count', () => {
  const empty = keyOfFiles(folder, ['src'])
  mkdirSync(join(folder, 'src'))
  writeFileSync(join(folder, 'src', 'notes.md'), 'text')
  expect(keyOfFiles(folder, ['src'], (name: string) => name === 'src/notes.md')).toBe(empty)
})

test('what build tools keep in a node_modules among the sources does not count', () => {
  const empty = keyOfFiles(folder, ['src'])
  mkdirSync(join(folder, 'src', 'node_modules', '.generated'), { recursive: true })
  writeFileSync(join(folder, 'src', 'node_modules', '.generated', 'a.ts'), 'text')
  expect(keyOfFiles(folder, ['src'])).toBe(empty)
})

test('keyOf tells values apart', () => {
  expect(keyOf({ version: '1' })).toBe(keyOf({ version: '1' }))
  expect(keyOf({ version: '1' })).not.toBe(keyOf({ version: '2' }))
})

test('a folder appears whole or not at all', async () => {
  const target = join(folder, 'wheel')
  const failing = makeFolder(target, (stage: string) => {
    writeFileSync(join(stage, 'half'), '')
    throw new Error('the network is gone')
  })
  await expect(failing).rejects.toThrow('the network is gone')
  expect(readdirSync(folder)).toEqual([])
  await makeFolder(target, (stage: string) => writeFileSync(join(stage, 'whole'), ''))
  expect(readdirSync(target)).toEqual(['whole'])
})

test('what a killed set-up left is swept, what a living one makes is not', async () => {
  const target = join(folder, 'wheel')
  mkdirSync(`${target}.stage-${deadPid}`)
  mkdirSync(`${target}.stage-1`)
  await makeFolder(target, () => undefined)
  expect(existsSync(`${target}.stage-${deadPid}`)).toBe(false)
  expect(existsSync(`${target}.stage-1`)).toBe(true)
})

test('stageOwner reads nothing into other names', () => {
  expect(stageOwner('wheel.stage-12', 'wheel')).toBe(12)
  expect(stageOwner('wheel.stage-', 'wheel')).toBeNull()
  expect(stageOwner('wheel2.stage-12', 'wheel')).toBeNull()
  expect(stageOwner('wheel', 'wheel')).toBeNull()
})

test('a half written stamp counts as none', () => {
  writeFileSync(join(folder, 'stamp.json'), '{"key": "ab')
  expect(readJson(join(folder, 'stamp.json'))).toBeNull()
  writeJson(join(folder, 'deep', 'stamp.json'), { key: 1 })
  expect(readJson(join(folder, 'deep', 'stamp.json'))).toEqual({ key: 1 })
})

test('heavy artefacts go where the platform keeps caches, or where the user says', () => {
  expect(userCacheDir({}, 'linux', '/home/ada')).toBe('/home/ada/.cache/pellucid')
  expect(userCacheDir({ XDG_CACHE_HOME: '/x' }, 'linux', '/home/ada')).toBe('/x/pellucid')
  expect(userCacheDir({ PELLUCID_CACHE: '/big', XDG_CACHE_HOME: '/x' }, 'linux', '/home/ada')).toBe('/big')
  expect(userCacheDir({}, 'darwin', '/Users/ada')).toBe('/Users/ada/Library/Caches/pellucid')
})
