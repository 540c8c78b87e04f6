import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Client } from '@shared/contract'
import { createClient, type Reply } from '@shared/transport'

const launcher = resolve(import.meta.dirname, '../../bin/pellucid.mjs')

/** A real `pellucid serve` process and a client that talks to it as a browser page does. */
export interface ServeProcess {
  url: string
  pid: number
  client: Client
  /** Sends SIGKILL to main only; its workers see the channel close. */
  kill(): Promise<void>
  stop(): Promise<void>
  workerPids(): Promise<number[]>
}

export async function startServe(workspace: string): Promise<ServeProcess> {
  const child = spawn(process.execPath, [launcher, 'serve', '--json', '--workspace', workspace], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const errors: string[] = []
  child.stderr.on('data', (chunk) => errors.push(String(chunk)))
  const url = await firstUrl(child, errors)
  const cookie = await swapToken(url)
  const origin = new URL(url).origin
  const client = createClient({
    async call(method, input) {
      const response = await fetch(`${origin}/api/${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie, origin },
        body: JSON.stringify(input),
      })
      return (await response.json()) as Reply
    },
  })
  const ended = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }
  return {
    url,
    pid: child.pid!,
    client,
    kill: () => ended('SIGKILL'),
    stop: () => ended('SIGTERM'),
    workerPids: () => childrenOf(child.pid!),
  }
}

async function firstUrl(child: ChildProcess, errors: string[]): Promise<string> {
  let text = ''
  for await (const line of createInterface({ input: child.stdout! })) {
    text += line
    const found = /"url"\s*:\s*"([^"]+)"/.exec(text)
    if (found) return found[1]!
  }
  throw new Error(`serve printed no link.\n${text}\n${errors.join('')}`)
}

async function swapToken(url: string): Promise<string> {
  const response = await fetch(url, { redirect: 'manual' })
  const cookie = response.headers.get('set-cookie')
  if (!cookie) throw new Error(`The token was not swapped for a cookie: ${response.status}.`)
  return cookie.split(';')[0]!
}

/** Direct children, read from /proc (Linux). */
async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const parents = await Promise.all(
    pids.map((pid) =>
      readFile(`/proc/${pid}/stat`, 'utf8')
        .then((text) => Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]))
        .catch(() => -1),
    ),
  )
  return pids.filter((_, index) => parents[index] === parent)
}
