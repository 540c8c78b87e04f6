import { Socket } from 'node:net'
import { createSocket } from 'node:dgram'

/**
 * Nothing leaves the machine. Every TCP connection of this process (HTTP and TLS run on top of it) passes `Socket`, every
 * datagram `dgram.Socket`: those to other hosts are refused before a byte is sent, and what passes all the same (a
 * connection that somebody else made to us) is counted, so that the figure in the status bar is measured, not promised.
 */
export interface NetworkGuard {
  /** Bytes sent to other hosts since the guard was set. */
  bytesSent(): number
  /** For shells that have their own network stack (Electron's renderer). */
  add(bytes: number): void
}

let guard: NetworkGuard | null = null

/** Sets the guard once per process; later calls return the same one and ignore `onRefused`. */
export function guardNetwork(onRefused: (host: string) => void): NetworkGuard {
  guard ??= install(onRefused)
  return guard
}

function install(onRefused: (host: string) => void): NetworkGuard {
  const foreign = new Set<Socket>()
  let closed = 0
  const watch = (socket: Socket) => {
    foreign.add(socket)
    socket.once('close', () => {
      foreign.delete(socket)
      closed += socket.bytesWritten
    })
  }
  guardConnections(onRefused, watch)
  guardDatagrams(onRefused)
  return {
    bytesSent: () => [...foreign].reduce((sum, socket) => sum + socket.bytesWritten, closed),
    add: (bytes) => (closed += bytes),
  }
}

function guardConnections(onRefused: (host: string) => void, watch: (socket: Socket) => void) {
  const connect = Socket.prototype.connect as (this: Socket, ...args: unknown[]) => Socket
  const guarded = function (this: Socket, ...args: unknown[]) {
    const host = hostOf(args)
    if (host !== null && !isLoopback(host)) {
      onRefused(host)
      process.nextTick(() => this.destroy(refusal(host)))
      return this
    }
    // Names are resolved late: look at where it really went.
    this.once('connect', () => this.remoteAddress && !isLoopback(this.remoteAddress) && watch(this))
    return connect.apply(this, args)
  }
  Socket.prototype.connect = guarded as typeof Socket.prototype.connect
}

function guardDatagrams(onRefused: (host: string) => void) {
  const probe = createSocket('udp4')
  const prototype = Object.getPrototypeOf(probe) as { send: (...args: unknown[]) => void }
  probe.close()
  const send = prototype.send
  prototype.send = function (...args) {
    const address = args.find((arg) => typeof arg === 'string' && arg !== args[0])
    if (typeof address === 'string' && !isLoopback(address)) {
      onRefused(address)
      throw refusal(address)
    }
    return send.apply(this, args)
  }
}

const refusal = (host: string) =>
  Object.assign(new Error(`Pellucid does not connect to other hosts; "${host}" was refused.`), { code: 'EACCES' })

/** The host among the arguments of `connect`, in any of its forms; null for a pipe or a local socket. */
function hostOf(args: unknown[]): string | null {
  const [first, second] = Array.isArray(args[0]) ? (args[0] as unknown[]) : args
  if (typeof first === 'object' && first !== null) {
    const { path, host } = first as { path?: string; host?: string }
    return path ? null : (host ?? 'localhost')
  }
  if (typeof first === 'string' && Number.isNaN(Number(first))) return null
  return typeof second === 'string' ? second : 'localhost'
}

export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '')
  return name === 'localhost' || name === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(name)
}
