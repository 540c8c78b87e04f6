import { createSocket } from 'node:dgram'
import { get } from 'node:http'
import { connect, createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { guardNetwork, isLoopback } from '@main/worker/network-guard'

const refused: string[] = []
const guard = guardNetwork((host) => refused.push(host))
const errorOf = (emitter: NodeJS.EventEmitter) => once(emitter, 'error').then(([error]) => error as Error)

describe('the network guard', () => {
  it('refuses connections to other hosts before they begin', async () => {
    expect((await errorOf(connect(80, '192.0.2.1'))).message).toMatch(/does not connect to other hosts/)
    expect((await errorOf(connect({ host: 'example.org', port: 443 }))).message).toMatch(/"example.org" was refused/)
    expect((await errorOf(get('http://example.net/'))).message).toMatch(/example.net/)
    await expect(fetch('http://example.com/')).rejects.toThrow()
    expect(refused).toEqual(['192.0.2.1', 'example.org', 'example.net', 'example.com'])
    expect(guard.bytesSent()).toBe(0)
  })

  it('refuses datagrams to other hosts', () => {
    const socket = createSocket('udp4')
    expect(() => socket.send(Buffer.from('x'), 53, '192.0.2.1')).toThrow(/192.0.2.1/)
    socket.close()
  })

  it('lets this machine talk to itself, which does not count', async () => {
    const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    for (const host of ['127.0.0.1', 'localhost']) {
      const socket = connect({ port, host })
      const [text] = (await once(socket, 'data')) as [Buffer]
      expect(text.toString()).toBe('hello')
    }
    server.close()
    expect(guard.bytesSent()).toBe(0)
  })

  it('counts what another network stack sent', () => {
    guard.add(12)
    expect(guard.bytesSent()).toBe(12)
  })

  it('knows what is this machine', () => {
    const own = ['127.0.0.1', '127.8.8.8', 'localhost', '::1', '[::1]', '::ffff:127.0.0.1']
    const other = [
      '128.0.0.1',
      '10.0.0.1',
      '0.0.0.0',
      '::',
      'localhost.example.org',
      '127.0.0.1.example.org',
      'fe80::1',
    ]
    expect(own.filter((host) => !isLoopback(host))).toEqual([])
    expect(other.filter(isLoopback)).toEqual([])
  })
})
