import { createReadStream } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { toErrorReply, WorkbenchError } from '@shared/errors'
import type { Reply } from '@shared/transport'
import type { Workbench } from '../workbench'
import { Access } from './access'
import { pageHeaders } from './page-security'
import { readPage } from './pages'
import { samplePictures } from './sample-pictures'
import { storeUpload } from './uploads'

export interface Server {
  /** The link with its token. */
  url: string
  close(): Promise<void>
}

const bodyLimitBytes = 16 * 1024 ** 2
const heartbeatMs = 20_000

/** Serves the interface and the contract on 127.0.0.1; every route lies behind `Access`. */
export async function startServer(
  workbench: Workbench,
  { port, renderer }: { port: number; renderer: string },
): Promise<Server> {
  const { fastify } = await import('fastify')
  const app = fastify({ bodyLimit: bodyLimitBytes, forceCloseConnections: true })
  // The port is known only when it listens; until then nobody comes in.
  const door: { access: Access | null } = { access: null }
  app.addHook('onRequest', (request, reply, done) => {
    for (const [name, value] of Object.entries(pageHeaders)) reply.header(name, value)
    if (letIn(door.access, request, reply)) done()
  })
  addApi(app, workbench)
  addEvents(app, workbench)
  addFiles(app, workbench, renderer)
  app.setErrorHandler((error, _request, reply) => sendReply(reply, { ok: false, error: httpError(error) }))
  try {
    await app.listen({ host: '127.0.0.1', port })
  } catch (error) {
    if ((error as { code?: string }).code !== 'EADDRINUSE') throw error
    throw new WorkbenchError('conflict', `Port ${port} is taken by another program; leave --port out for a free one.`)
  }
  const { port: actual } = app.server.address() as AddressInfo
  door.access = new Access(actual)
  return { url: door.access.url, close: () => app.close() }
}

/** True when the request may go on; otherwise it has been answered. */
function letIn(access: Access | null, request: FastifyRequest, reply: FastifyReply): boolean {
  const { headers, method, url } = request
  const verdict = access?.judge({
    method,
    url,
    host: headers.host,
    origin: headers.origin,
    fetchSite: headers['sec-fetch-site'] as string | undefined,
    cookie: headers.cookie,
  })
  if (verdict?.kind === 'enter') return true
  if (verdict?.kind === 'swap') void reply.header('set-cookie', verdict.cookie).redirect('/', 303)
  else {
    const { status, reason } = verdict ?? { status: 403, reason: 'Not ready yet.' }
    if (method !== 'GET') void reply.code(status).send({ ok: false, error: { code: 'invalid_input', message: reason } })
    else void reply.code(status).type('text/html; charset=utf-8').send(refusalPage(reason))
  }
  return false
}

/** The link helps those who came by a link of another site, with which browsers do not send the strict cookie. */
const refusalPage = (reason: string) =>
  `<!doctype html><html lang="en"><title>Pellucid</title><p>${reason}</p><p><a href="/">Try again</a></p></html>`

function addApi(app: FastifyInstance, workbench: Workbench): void {
  app.post('/api/:method', async (request, reply) => {
    if (!request.headers['content-type']?.startsWith('application/json'))
      throw new WorkbenchError('invalid_input', 'Calls are JSON: set the content type application/json.')
    const { method } = request.params as { method: string }
    const gone = new AbortController()
    reply.raw.once('close', () => reply.raw.writableFinished || gone.abort())
    return sendReply(reply, await workbench.call(method, request.body, gone.signal))
  })
}

/** Server-sent events: one message per event, `{"event", "payload"}`. */
function addEvents(app: FastifyInstance, workbench: Workbench): void {
  app.get('/api/events', (request, reply) => {
    reply.hijack()
    const headers = { ...pageHeaders, 'content-type': 'text/event-stream', 'cache-control': 'no-store' }
    reply.raw.writeHead(200, headers)
    reply.raw.write('retry: 1000\n\n')
    const off = workbench.onAny((event, payload) => reply.raw.write(`data: ${JSON.stringify({ event, payload })}\n\n`))
    const heartbeat = setInterval(() => reply.raw.write(': still here\n\n'), heartbeatMs)
    request.raw.once('close', () => {
      off()
      clearInterval(heartbeat)
    })
  })
}

function addFiles(app: FastifyInstance, workbench: Workbench, renderer: string): void {
  app.get('/sample/:id', async (request, reply) => {
    const { id } = request.params as { id: string }
    const { size } = request.query as { size?: string }
    const { path, contentType, range } = await workbench.sampleFile(wholeNumber(id), size ? wholeNumber(size) : null)
    return reply.type(contentType).header('cache-control', 'private, max-age=3600').send(createReadStream(path, range))
  })

  app.get('/samples', async (request, reply) => {
    const text = await samplePictures(workbench, new URL(request.url, 'http://local').searchParams)
    return reply.type('text/plain').header('cache-control', 'no-store').send(text)
  })

  // The body is streamed to disk, never held in memory.
  app.addContentTypeParser('application/octet-stream', (_request, body, done) => done(null, body))
  app.post('/upload', { bodyLimit: Number.MAX_SAFE_INTEGER }, async (request, reply) => {
    if (workbench.readOnlyBecause) throw new WorkbenchError('conflict', workbench.readOnlyBecause)
    const { batch = '', path = '' } = request.query as { batch?: string; path?: string }
    const stored = await storeUpload(join(workbench.paths.files, 'uploads'), { batch, path }, request.body as Readable)
    return sendReply(reply, { ok: true, value: { path: stored } })
  })

  app.get('/*', async (request, reply) => {
    const page = await readPage(renderer, new URL(request.url, 'http://local').pathname)
    if (!page) return reply.code(404).type('text/plain').send('Not found.')
    const isHashed = request.url.startsWith('/assets/')
    void reply.header('cache-control', isHashed ? 'private, max-age=31536000, immutable' : 'no-cache')
    return reply.type(page.type).send(page.bytes)
  })
}

function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new WorkbenchError('invalid_input', `"${text}" is no whole number.`)
}

const statuses: Record<string, number> = { invalid_input: 400, not_found: 404, conflict: 409, internal: 500 }

function sendReply(reply: FastifyReply, value: Reply): FastifyReply {
  const status = value.ok ? 200 : (statuses[value.error.code] ?? 422)
  return reply.code(status).type('application/json').header('cache-control', 'no-store').send(value)
}

/** Fastify's own errors (body too large, broken JSON) are the caller's. */
function httpError(error: unknown) {
  const { statusCode, message } = error as { statusCode?: number; message: string }
  if (statusCode && statusCode < 500) return toErrorReply(new WorkbenchError('invalid_input', message))
  return toErrorReply(error)
}
