import { linkSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, readJson, writeJson } from './cache.mjs'
import { repoCache, root } from './paths.mjs'

const file = join(repoCache, 'setup.lock')

/** One set-up at a time in a checkout: a second one waits. Returns the function that gives the lock back. */
export async function takeLock(progress) {
  mkdirSync(repoCache, { recursive: true })
  let told = false
  while (!(await tryLock())) {
    const holder = readJson(file)
    if (holder && isAlive(holder.pid)) {
      if (!told) progress.line(`Another set-up (process ${holder.pid}) works in this folder; waiting for it.`)
      told = true
      await pause(300)
      continue
    }
    endOrphan(holder?.npm)
    rmSync(file, { force: true })
  }
  return () => {
    if (readJson(file)?.pid === process.pid) rmSync(file, { force: true })
  }
}

async function tryLock() {
  const beside = `${file}.${process.pid}`
  writeFileSync(beside, JSON.stringify({ pid: process.pid }))
  try {
    // A link appears whole or not at all, and not where there is one already.
    linkSync(beside, file)
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  } finally {
    rmSync(beside, { force: true })
  }
  // Two may have found the same stale lock, and the slower one removed the other's new one with it.
  await pause(20)
  return readJson(file)?.pid === process.pid
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
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
