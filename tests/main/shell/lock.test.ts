import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { describeBusy, holdWorkspace } from '@main/db/lock'
import { tempFolder } from '../../helpers/temp-db'

/** Another process that holds the lock as `holdWorkspace` does, until it is killed. */
async function holdElsewhere(root: string) {
  const driver = JSON.stringify(createRequire(import.meta.url).resolve('sqlite3'))
  const script = `
    const sqlite3 = require(${driver})
    const db = new sqlite3.Database(${JSON.stringify(join(root, 'lock.sqlite'))})
    db.exec('BEGIN EXCLUSIVE', (error) => console.log(error ? 'failed' : 'held'))
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  expect(said.toString().trim()).toBe('held')
  return child
}

describe('the lock of a workspace', () => {
  it('is held by one at a time, who is named in words', async () => {
    const root = await tempFolder()
    const first = await holdWorkspace(root, 'window')
    expect(first.state).toBe('held')
    const second = await holdWorkspace(root, 'cli')
    expect(second).toMatchObject({ state: 'busy', holder: { pid: process.pid, kind: 'window' } })
    if (second.state !== 'busy' || first.state !== 'held') throw new Error('unreachable')
    expect(describeBusy(second.holder)).toMatch(
      new RegExp(`held by a Pellucid window \\(process ${process.pid}, since`),
    )
    await first.release()
    const third = await holdWorkspace(root, 'serve')
    expect(third.state).toBe('held')
    if (third.state === 'held') await third.release()
  })

  it('is freed by the operating system when its holder is killed', async () => {
    const root = await tempFolder()
    const child = await holdElsewhere(root)
    expect((await holdWorkspace(root, 'cli')).state).toBe('busy')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const hold = await holdWorkspace(root, 'cli')
    expect(hold.state).toBe('held')
    if (hold.state === 'held') await hold.release()
  })

  it('says so without a name when the holder left none', async () => {
    const root = await tempFolder()
    await holdElsewhere(root)
    await writeFile(join(root, 'holder.json'), '{"pid": "half a')
    expect(await holdWorkspace(root, 'cli')).toEqual({ state: 'busy', holder: null })
    expect(describeBusy(null)).toMatch(/Another Pellucid holds this workspace/)
  })

  it('removes its name when it lets go', async () => {
    const root = await tempFolder()
    const hold = await holdWorkspace(root, 'test')
    expect(JSON.parse(await readFile(join(root, 'holder.json'), 'utf8'))).toMatchObject({ kind: 'test' })
    if (hold.state === 'held') await hold.release()
    await expect(stat(join(root, 'holder.json'))).rejects.toThrow(/ENOENT/)
  })
})
