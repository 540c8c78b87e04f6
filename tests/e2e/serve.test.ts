import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, serve, type Served } from './helpers/browser'
import { runJson, sample } from './helpers/program'

const home = mkdtempSync(join(tmpdir(), 'pellucid-serve-'))
const workspace = join(home, 'workspace')
let served: Served
beforeAll(async () => {
  await runJson(['import', sample('german-credit/german-credit.csv'), '--name', 'german', '--target', 'credit_risk'], {
    workspace,
  })
  served = await serve(workspace)
})
afterAll(async () => {
  await served.stop()
  rmSync(home, { recursive: true, force: true })
})

const json = { 'content-type': 'application/json' }

/** A request with headers that `fetch` would not let one forge. */
function raw(path: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  const { hostname, port } = new URL(served.origin)
  return new Promise((resolve, reject) => {
    const call = request({ hostname, port, path, method, headers }, (response) => {
      response.resume()
      resolve(response.statusCode!)
    })
    call.on('error', reject)
    call.end(method === 'POST' ? '{}' : undefined)
  })
}

async function cookie(): Promise<string> {
  const response = await fetch(served.url, { redirect: 'manual' })
  return response.headers.get('set-cookie')!.split(';')[0]!
}

describe('serve lets in whom it told the token', () => {
  it('and nobody else: every route is behind the door', async () => {
    const routes: [string, string][] = [
      ['GET', '/'],
      ['GET', '/index.html'],
      ['GET', '/assets/'],
      ['GET', '/api/events'],
      ['GET', '/sample/1'],
      ['GET', '/samples?ids=1&size=64'],
      ['GET', '/no/such/route'],
      ['POST', '/api/workspace.get'],
      ['POST', '/upload?batch=b&path=x'],
      ['OPTIONS', '/api/workspace.get'],
      ['PUT', '/'],
    ]
    for (const [method, path] of routes) {
      const response = await fetch(served.origin + path, { method, redirect: 'manual' })
      expect([method, path, response.status]).toEqual([method, path, 401])
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  it('by a cookie for scripts of no site and pages of ours', async () => {
    const response = await fetch(served.url, { redirect: 'manual' })
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe('/')
    expect(response.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict; Path=\/$/)
    expect((await served.fetch('/')).status).toBe(200)
  })

  it('not under a foreign name, not from a foreign page, not with a foreign token', async () => {
    const { host } = new URL(served.origin)
    const known = { cookie: await cookie(), ...json }
    expect(await raw('/api/workspace.get', { ...known, host }, 'POST')).toBe(200)
    expect(await raw('/api/workspace.get', { ...known, host: 'rebound.example' }, 'POST')).toBe(403)
    expect(await raw('/api/workspace.get', { ...known, host, origin: 'https://evil.example' }, 'POST')).toBe(403)
    expect(await raw('/sample/1', { ...known, host, 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await raw('/?token=guess', { host })).toBe(401)
  })

  it('on this machine only: no other address of it listens', async () => {
    const { port } = new URL(served.origin)
    const others = Object.values(networkInterfaces())
      .flat()
      .filter((entry) => entry && !entry.internal && entry.family === 'IPv4')
    for (const entry of others) {
      const reached = await new Promise<boolean>((resolve) => {
        const socket = connect({ host: entry!.address, port: Number(port), timeout: 2000 })
        socket.on('connect', () => (socket.destroy(), resolve(true)))
        socket.on('error', () => resolve(false))
        socket.on('timeout', () => (socket.destroy(), resolve(false)))
      })
      expect([entry!.address, reached]).toEqual([entry!.address, false])
    }
  })
})

describe('serve speaks the contract', () => {
  const call = async (method: string, input: unknown) => {
    const response = await served.fetch(`/api/${method}`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify(input),
    })
    return {
      status: response.status,
      reply: (await response.json()) as { ok: boolean; value?: never; error?: { code: string } },
    }
  }

  it('calls in, replies out, errors with their code', async () => {
    const { reply } = await call('workspace.get', {})
    expect(reply).toMatchObject({ ok: true, value: { shell: 'browser', bytesSent: 0, holder: { kind: 'serve' } } })
    expect(await call('runs.get', { run: 'x' })).toMatchObject({ status: 404, reply: { error: { code: 'not_found' } } })
    expect(await call('runs.get', {})).toMatchObject({ status: 400, reply: { error: { code: 'invalid_input' } } })
    expect(await call('runs.__proto__', {})).toMatchObject({ status: 404 })
    const text = await served.fetch('/api/workspace.get', { method: 'POST', body: '{}' })
    expect(text.status).toBe(400)
    // The server refuses as soon as it knows, while the client may still be writing: then the connection just ends.
    const huge = await served
      .fetch('/api/runs.get', { method: 'POST', headers: json, body: JSON.stringify({ run: 'x'.repeat(20e6) }) })
      .then(
        ({ status }) => status,
        (error: Error & { cause?: { code?: string } }) => error.cause?.code,
      )
    expect([400, 'EPIPE', 'ECONNRESET']).toContain(huge)
    expect((await call('workspace.get', {})).status).toBe(200)
  })

  it('tells events as they happen', async () => {
    const stop = new AbortController()
    const stream = await served.fetch('/api/events', { signal: stop.signal })
    expect(stream.headers.get('content-type')).toBe('text/event-stream')
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader()
    await call('annotations.label', { dataset: 'german', selection: { refs: ['#2'] }, class: 'good' })
    let text = ''
    while (!text.includes('samples.changed')) text += (await reader.read()).value
    const line = text.split('\n').find((entry) => entry.includes('samples.changed'))!
    expect(JSON.parse(line.slice('data: '.length))).toMatchObject({
      event: 'samples.changed',
      payload: { datasetId: expect.any(String), revision: expect.any(Number) },
    })
    stop.abort()
  })

  it('takes dropped files, and none that lead elsewhere', async () => {
    const upload = async (query: string, body: string) => {
      const headers = { 'content-type': 'application/octet-stream' }
      const response = await served.fetch(`/upload?${query}`, { method: 'POST', headers, body })
      return { status: response.status, reply: (await response.json()) as { value?: { path: string } } }
    }
    const { reply } = await upload('batch=b1&path=people/a.csv', 'a,b\n1,2\n')
    expect(await readFile(join(reply.value!.path, 'a.csv'), 'utf8')).toBe('a,b\n1,2\n')
    for (const path of ['../x', '/etc/x', 'a/../../x', '%2e%2e/x', '..%2fx'])
      expect([path, (await upload(`batch=b1&path=${path}`, 'x')).status]).toEqual([path, 400])
    expect((await upload('batch=../b&path=x', 'x')).status).toBe(400)
  })
})

describe('in Chromium', () => {
  it('shows the same interface, asks no other host and breaks no rule of its page', async () => {
    const browser = await launchBrowser()
    const page = await browser.newPage()
    const complaints: string[] = []
    const asked: string[] = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('request', (request) => asked.push(new URL(request.url()).origin))
    const response = await page.goto(served.url)
    expect(response!.status()).toBe(200)
    expect(page.url()).not.toContain('token')
    await page.getByText('german').first().waitFor()
    expect(new Set(asked.filter((origin) => origin !== 'null'))).toEqual(new Set([served.origin]))
    expect(complaints).toEqual([])
    const readable = await page.evaluate(() => document.cookie)
    expect(readable).toBe('')
    const refused = await page.evaluate(() => fetch('https://example.com').then(String, (error) => String(error)))
    expect(refused).toMatch(/Failed to fetch/)
  })
})
