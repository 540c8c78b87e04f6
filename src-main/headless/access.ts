import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** What of a request decides whether it may come in. */
export interface Visit {
  method: string
  url: string
  host: string | undefined
  origin: string | undefined
  /** `Sec-Fetch-Site`, which pages cannot forge. */
  fetchSite: string | undefined
  cookie: string | undefined
}

export type Verdict =
  { kind: 'enter' } | { kind: 'swap'; cookie: string } | { kind: 'refuse'; status: 401 | 403; reason: string }

/**
 * The door of `serve`. The printed link carries a token, which is swapped for a cookie that no page of another site can
 * send. A foreign Host (DNS rebinding) or Origin (another page) is turned away before anything else is looked at.
 */
export class Access {
  readonly token = randomBytes(24).toString('base64url')
  readonly #session = randomBytes(24).toString('base64url')

  /** `port` is known once the server listens; cookies do not know ports, so its name does. */
  constructor(private readonly port: number) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}/?token=${this.token}`
  }

  judge({ method, url, host, origin, fetchSite, cookie }: Visit): Verdict {
    const hosts = [`127.0.0.1:${this.port}`, `localhost:${this.port}`]
    if (!host || !hosts.includes(host)) return refuse(403, 'This server answers to 127.0.0.1 only.')
    if (origin !== undefined && origin !== `http://${host}`)
      return refuse(403, 'Requests from other pages are refused.')
    const target = new URL(url, `http://${host}`)
    const offered = target.searchParams.get('token')
    if (method === 'GET' && target.pathname === '/' && offered !== null) {
      if (!isSame(offered, this.token)) return refuse(401, 'That link is of another start of "pellucid serve".')
      return {
        kind: 'swap',
        cookie: `${this.#cookieName}=${this.#session}; HttpOnly; SameSite=Strict; Path=/`,
      }
    }
    // `same-site` is another port of this machine: its pages may link to ours, and no more.
    const isForeign = fetchSite === 'cross-site' || fetchSite === 'same-site'
    if (isForeign && target.pathname !== '/') return refuse(403, 'Requests from other pages are refused.')
    if (!isSame(cookieNamed(this.#cookieName, cookie), this.#session))
      return refuse(401, 'Open the link that "pellucid serve" printed when it started.')
    return { kind: 'enter' }
  }

  get #cookieName(): string {
    return `pellucid_${this.port}`
  }
}

const refuse = (status: 401 | 403, reason: string): Verdict => ({ kind: 'refuse', status, reason })

/** Takes the same time whatever the two are, so that it cannot be guessed letter by letter. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

function cookieNamed(name: string, header = ''): string {
  const pair = header.split(';').map((part) => part.trim().split('='))
  return pair.find(([key]) => key === name)?.[1] ?? ''
}
