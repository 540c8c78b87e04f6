import { mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, readJson, writeJson } from './cache.mjs'
import { repoCache, root } from './paths.mjs'

const file = join(repoCache, 'setup.lock')

/** One set-up at a time in a checkout: a second one waits. Returns the function that gives the lock back. */
export async function takeLock(progress) {
  mkdirSync(repoCache, { recursive: true })
  for (let told = false; ;) {
    try {
      writeFileSync(file, JSON.stringify({ pid: process.pid }), { flag: 'wx' })
      return () => rmSync(file, { force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const holder = readJson(file)
    if (!holder || !isAlive(holder.pid)) {
      endOrphan(holder?.npm)
      rmSync(file, { force: true })
      continue
    }
    if (!told) progress.line(`Another set-up (process ${holder.pid}) works in this folder; waiting for it.`)
    told = true
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
}

/** Remembers the npm that writes into node_modules, so that it can be ended should set-up be killed before it. */
export function noteNpm(pid) {
  writeJson(file, { pid: process.pid, npm: pid })
}

/** An npm that outlived a killed set-up would write into node_modules under the feet of ours. */
function endOrphan(pid) {
  if (!pid || process.platform !== 'linux' || !isAlive(pid)) return
  try {
    // Process ids are used again: end it only if it really is npm at work in this folder.
    const isNpm = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('npm')
    if (isNpm && readlinkSync(`/proc/${pid}/cwd`) === root) process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
