import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { contract, events, type Client, type Method, type Service } from '@shared/contract'
import { toErrorReply, WorkbenchError } from '@shared/errors'
import { createClient, type Reply } from '@shared/transport'
import { dispatch } from '@main/dispatch'
import { openTestWorkbench } from '../helpers/test-workbench'

const names = Object.keys(contract) as Method[]

describe('the contract', () => {
  it.each(names)('%s is written as service.verb, with schemas that can be documented', (name) => {
    expect(name).toMatch(/^[a-z]+\.[a-z][A-Za-z]*$/)
    const { kind, input, output } = contract[name]
    expect(['query', 'command']).toContain(kind)
    expect(z.toJSONSchema(input, { io: 'input' })).toMatchObject({ type: 'object' })
    expect(z.toJSONSchema(output)).toBeTypeOf('object')
  })

  it('names its events in the past tense', () => {
    for (const name of Object.keys(events)) expect(name).toMatch(/^[a-z]+\.[a-z]+([A-Z][a-z]+)*(ed)$/)
  })

  it('is kept by the workbench: each call has its method', async () => {
    const { workbench } = await openTestWorkbench()
    const missing = names.filter((name) => {
      const [service, verb] = name.split('.') as [keyof typeof workbench.services, string]
      return typeof (workbench.services[service] as Record<string, unknown> | undefined)?.[verb] !== 'function'
    })
    expect(missing).toEqual([])
  })

  it('is served by no more than it says: the services have no other public verbs by accident', async () => {
    const { workbench } = await openTestWorkbench()
    const reply = await workbench.call('workspace.constructor', {})
    expect(reply).toMatchObject({ ok: false, error: { code: 'not_found' } })
    for (const name of ['__proto__', 'runs.close', 'runs.recover', 'toString', 'catalog.engine'])
      expect(await workbench.call(name, {})).toMatchObject({ ok: false, error: { code: 'not_found' } })
  })
})

describe('the door', () => {
  const { signal } = new AbortController()
  const services = {
    runs: {
      get: async ({ run }: { run: string }) => {
        if (run === 'gone') throw new WorkbenchError('not_found', 'No such run.', { run })
        if (run === 'full') throw Object.assign(new Error('write'), { code: 'ENOSPC' })
        throw new TypeError('a bug')
      },
    },
  } as never

  it.each<[string, unknown, string]>([
    ['runs.get', { run: 'gone' }, 'not_found'],
    ['runs.get', { run: 'full' }, 'disk_full'],
    ['runs.get', { run: 'x' }, 'internal'],
    ['runs.get', { run: 1 }, 'invalid_input'],
    ['runs.get', 'nonsense', 'invalid_input'],
    ['runs.get', null, 'invalid_input'],
    ['runs.fly', {}, 'not_found'],
    ['hasOwnProperty', {}, 'not_found'],
  ])('answers %s %j with %s', async (method, input, code) => {
    const logged: string[] = []
    const reply = await dispatch(services, method, input, { signal, logError: (name) => logged.push(name) })
    expect(reply).toMatchObject({ ok: false, error: { code } })
    expect(logged).toEqual(code === 'internal' ? ['runs.get'] : [])
  })

  it('lets queries pass and refuses commands while somebody else holds the workspace', async () => {
    const options = { signal, readOnlyBecause: 'held by a window' }
    const query = await dispatch(services, 'runs.get', { run: 'gone' }, options)
    expect(query).toMatchObject({ error: { code: 'not_found' } })
    const command = await dispatch(services, 'runs.stop', { run: 'gone' }, options)
    expect(command).toMatchObject({ error: { code: 'conflict', message: 'held by a window' } })
  })
})

describe('a client', () => {
  it('throws what the other side refused, as it was', async () => {
    const error = { code: 'conflict', message: 'taken', details: { name: 'x' } } as const
    const client = createClient({ call: async (): Promise<Reply> => ({ ok: false, error }) })
    await expect(client.runs.list({})).rejects.toMatchObject(error)
  })
})

describe('errors', () => {
  it('of the system get the code that their cause deserves', () => {
    const reply = (code: string) => toErrorReply(Object.assign(new Error('x'), { code })).code
    expect(reply('ENOSPC')).toBe('disk_full')
    expect(reply('SQLITE_FULL')).toBe('disk_full')
    expect(reply('EROFS')).toBe('invalid_input')
    expect(reply('ESOMETHING')).toBe('internal')
    expect(toErrorReply(new DOMException('x', 'AbortError')).code).toBe('cancelled')
  })
})

describe('types', () => {
  it('come from the contract alone', () => {
    const client: Client = createClient({ call: async () => ({ ok: true, value: null }) })
    expectTypeOf(client.runs.get).parameter(0).toEqualTypeOf<{ run: string }>()
    expectTypeOf(client.workspace.settings).returns.resolves.toHaveProperty('parallelRuns')
    // What has a default may be left out by callers and is there for services.
    expectTypeOf<Parameters<Client['runs']['results']>[0]['split']>().toEqualTypeOf<
      'train' | 'validation' | 'test' | undefined
    >()
    expectTypeOf<Parameters<Service<'runs'>['results']>[0]['split']>().toEqualTypeOf<'train' | 'validation' | 'test'>()

    // @ts-expect-error there is no such verb
    void client.runs.fly
    // @ts-expect-error a run is named by text
    void (() => client.runs.get({ run: 1 }))
    class Half {
      async get() {}
    }
    // @ts-expect-error a service that lacks verbs is no service
    const service: Service<'runs'> = new Half()
    expect(service).toBeInstanceOf(Half)
  })
})
