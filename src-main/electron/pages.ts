import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { app, protocol, type Session } from 'electron'
import { toErrorReply } from '@shared/errors'
import { pageHeaders } from '../headless/page-security'
import { readPage } from '../headless/pages'
import { samplePictures } from '../headless/sample-pictures'
import type { Workbench } from '../workbench'

export const scheme = 'pellucid'
export const origin = `${scheme}://app`

/** `npm run dev`: pages come from the development server of this machine, under our own address all the same. */
const developmentServer = app.isPackaged ? undefined : process.env['ELECTRON_RENDERER_URL']?.replace(/\/$/, '')

/** Must be called before Electron is ready: a scheme that behaves like https, with an origin of its own. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true } },
  ])
}

/** Serves the interface and the pictures of samples at `pellucid://app/`, each with the page's security headers. */
export function servePages(session: Session, workbench: Workbench, renderer: string): void {
  session.protocol.handle(scheme, async (request) => {
    const url = new URL(request.url)
    if (url.host !== 'app' || request.method !== 'GET') return answer('Not found.', 404, 'text/plain')
    const sample = /^\/sample\/(\d{1,15})$/.exec(url.pathname)
    if (sample) {
      const size = url.searchParams.get('size')
      if (size && !/^\d{1,6}$/.test(size)) return answer('The size is a whole number.', 400, 'text/plain')
      return serveSample(workbench, Number(sample[1]), size ? Number(size) : null)
    }
    if (url.pathname === '/samples') return servePictures(workbench, url.searchParams)
    if (developmentServer) return fetch(`${developmentServer}${url.pathname}${url.search}`)
    const page = await readPage(renderer, url.pathname)
    return page ? answer(new Uint8Array(page.bytes), 200, page.type) : answer('Not found.', 404, 'text/plain')
  })
}

async function servePictures(workbench: Workbench, query: URLSearchParams): Promise<Response> {
  try {
    return answer(await samplePictures(workbench, query), 200, 'text/plain', { 'cache-control': 'no-store' })
  } catch (error) {
    return answer(toErrorReply(error).message, 400, 'text/plain')
  }
}

async function serveSample(workbench: Workbench, id: number, size: number | null): Promise<Response> {
  try {
    const { path, contentType, range } = await workbench.sampleFile(id, size)
    const body = Readable.toWeb(createReadStream(path, range)) as ReadableStream
    return answer(body, 200, contentType, { 'cache-control': 'private, max-age=3600' })
  } catch (error) {
    const { code, message } = toErrorReply(error)
    return answer(message, code === 'not_found' ? 404 : 500, 'text/plain')
  }
}

const answer = (body: BodyInit, status: number, type: string, more: Record<string, string> = {}) =>
  new Response(body, { status, headers: { ...pageHeaders, 'content-type': type, ...more } })
