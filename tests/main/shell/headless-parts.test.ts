import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Access, type Visit } from '@main/headless/access'
import { collectSetting, commaList, integer, mapping, numberList, typedSettings } from '@main/headless/options'
import { pageHeaders } from '@main/headless/page-security'
import { readPage } from '@main/headless/pages'
import { table } from '@main/headless/text'
import { storeUpload } from '@main/headless/uploads'
import { LogBook } from '@main/services/log-book'
import { tempFolder } from '../../helpers/temp-db'

describe('the door of serve', () => {
  const access = new Access(4321)
  const visit = (changes: Partial<Visit>): Visit => ({
    method: 'GET',
    url: '/',
    host: '127.0.0.1:4321',
    origin: undefined,
    fetchSite: undefined,
    cookie: undefined,
    ...changes,
  })
  const swapped = access.judge(visit({ url: `/?token=${access.token}` }))
  const cookie = swapped.kind === 'swap' ? swapped.cookie.split(';')[0]! : ''

  it('swaps the token for a cookie that scripts cannot read and other sites cannot send', () => {
    expect(swapped.kind).toBe('swap')
    expect(swapped.kind === 'swap' && swapped.cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/)
    expect(cookie).not.toContain(access.token)
    expect(access.judge(visit({ cookie }))).toEqual({ kind: 'enter' })
    expect(access.judge(visit({ cookie: `other=1; ${cookie}`, url: '/api/events' }))).toEqual({ kind: 'enter' })
  })

  it.each<[string, Partial<Visit>, number]>([
    ['without a cookie', {}, 401],
    ['with a wrong token', { url: '/?token=abc' }, 401],
    ['with an empty token', { url: '/?token=' }, 401],
    ['with a wrong cookie', { cookie: 'pellucid_4321=abc' }, 401],
    ['with the token in a call', { method: 'POST', url: `/api/workspace.get?token=${access.token}` }, 401],
    ['under a foreign name', { host: 'evil.example:4321', cookie }, 403],
    ['under a foreign name, with the token', { host: 'evil.example:4321', url: `/?token=${access.token}` }, 403],
    ['on a foreign port', { host: '127.0.0.1:80', cookie }, 403],
    ['without a name', { host: undefined, cookie }, 403],
    ['from a foreign page', { origin: 'https://evil.example', cookie }, 403],
    ['from a page of another local port', { origin: 'http://127.0.0.1:9999', cookie }, 403],
    ['from a sandboxed page', { origin: 'null', cookie }, 403],
    ['as a picture in a foreign page', { fetchSite: 'cross-site', url: '/sample/1', cookie }, 403],
    ['as a picture in a page of another local port', { fetchSite: 'same-site', url: '/sample/1', cookie }, 403],
  ])('refuses a visit %s', (_how, changes, status) => {
    expect(access.judge(visit(changes))).toMatchObject({ kind: 'refuse', status })
  })

  it('has another token each time', () => {
    expect(new Access(4321).token).not.toBe(access.token)
    expect(access.token.length).toBeGreaterThanOrEqual(32)
  })
})

describe('uploads', () => {
  it('keep the shape of a dropped folder and answer its top', async () => {
    const root = await tempFolder()
    const first = await storeUpload(
      root,
      { batch: 'b-1', path: 'pets/cats/1.png' },
      Readable.from([Buffer.from('one')]),
    )
    const second = await storeUpload(
      root,
      { batch: 'b-1', path: 'pets/dogs/ü 2.png' },
      Readable.from([Buffer.from('2')]),
    )
    expect([first, second]).toEqual([join(root, 'b-1', 'pets'), join(root, 'b-1', 'pets')])
    expect(await readFile(join(root, 'b-1', 'pets', 'cats', '1.png'), 'utf8')).toBe('one')
    const alone = await storeUpload(root, { batch: 'b-2', path: 'table.csv' }, Readable.from([Buffer.from('a,b')]))
    expect(alone).toBe(join(root, 'b-2', 'table.csv'))
  })

  it.each([
    ['b', '../x'],
    ['b', 'a/../../x'],
    ['b', '/etc/passwd'],
    ['b', 'a//b'],
    ['b', 'a\\..\\b'],
    ['b', 'C:x'],
    ['b', 'a/\u0000'],
    ['b', ''],
    ['..', 'x'],
    ['', 'x'],
    ['b/c', 'x'],
    ['b', 'd/'.repeat(40) + 'x'],
  ])('refuse the path %j %j', async (batch, path) => {
    const root = await tempFolder()
    const body = Readable.from([Buffer.from('x')])
    await expect(storeUpload(join(root, 'in'), { batch, path }, body)).rejects.toMatchObject({ code: 'invalid_input' })
    expect(await readdir(root)).toEqual([])
  })

  it('end at the limit and leave nothing', async () => {
    const root = await tempFolder()
    const body = Readable.from([Buffer.alloc(600), Buffer.alloc(600)])
    await expect(storeUpload(root, { batch: 'b', path: 'big' }, body, 1000)).rejects.toThrow(/larger than/)
    expect(await readdir(join(root, 'b'))).toEqual([])
  })
})

describe('pages', () => {
  it('come from the built interface only', async () => {
    const root = await tempFolder()
    await mkdir(join(root, 'out', 'assets'), { recursive: true })
    await writeFile(join(root, 'out', 'index.html'), '<p>')
    await writeFile(join(root, 'out', 'assets', 'a.js'), '1')
    await writeFile(join(root, 'out', 'data.sqlite'), 'x')
    await writeFile(join(root, 'secret.html'), 'x')
    const out = join(root, 'out')
    expect((await readPage(out, '/'))?.type).toBe('text/html; charset=utf-8')
    expect((await readPage(out, '/assets/a.js'))?.type).toBe('text/javascript; charset=utf-8')
    for (const path of [
      '/../secret.html',
      '/%2e%2e/secret.html',
      '/%2e%2e%2fsecret.html',
      '/data.sqlite',
      '/%',
      '/no.js',
    ])
      expect(await readPage(out, path), path).toBeNull()
  })

  it('forbid scripts that are not ours, evaluated text and every other host', () => {
    const policy = pageHeaders['content-security-policy']!
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).not.toMatch(/unsafe-eval|https?:|\*/)
  })
})

describe('options of the command line', () => {
  it('are lists, numbers and pairs', () => {
    expect(commaList('sex, age,,')).toEqual(['sex', 'age'])
    expect(numberList('18,25.5')).toEqual([18, 25.5])
    expect(mapping('A92=female,A91=male')).toEqual({ A92: 'female', A91: 'male' })
    expect(collectSetting('b=x=y', { a: '1' })).toEqual({ a: '1', b: 'x=y' })
  })

  it('are refused in words', () => {
    expect(() => integer('1.5')).toThrow(/no whole number/)
    expect(() => numberList('1,two')).toThrow(/"two" is no number/)
    expect(() => mapping('female')).toThrow(/write key=value/)
    expect(() => collectSetting('=1')).toThrow(/write key=value/)
  })

  it('get the type that the plug-in describes', () => {
    const schema = {
      properties: { epochs: { type: 'integer' }, hidden: { type: 'array' }, note: { type: 'string' } },
    }
    const typed = typedSettings({ epochs: '5', hidden: '64,32', note: '12', other: 'true', word: 'adam' }, schema)
    expect(typed).toEqual({ epochs: 5, hidden: [64, 32], note: '12', other: true, word: 'adam' })
    expect(typedSettings({ hidden: '[8]' }, schema)).toEqual({ hidden: [8] })
    expect(typedSettings({ hidden: '8' }, schema)).toEqual({ hidden: [8] })
  })
})

describe('tables for people', () => {
  it('line up', () => {
    expect(
      table(
        ['name', 'n'],
        [
          ['a', '10'],
          ['long name', '2'],
        ],
      ),
    ).toBe(['name       n', '---------  --', 'a          10', 'long name  2'].join('\n'))
  })
})

describe('the log', () => {
  it('keeps the last entries, writes all of them and starts a new file when one is full', async () => {
    const file = join(await tempFolder(), 'logs', 'pellucid.log')
    const heard: string[] = []
    const log = new LogBook(file, ({ message }) => heard.push(message))
    for (let n = 0; n < 25; n++) log.add('info', 'test', `${n} ${'x'.repeat(100_000)}`)
    await log.flush()
    expect(log.last(2).map(({ message }) => message.slice(0, 3))).toEqual(['23 ', '24 '])
    expect(heard).toHaveLength(25)
    expect((await readdir(join(file, '..'))).sort()).toEqual(['pellucid.1.log', 'pellucid.2.log', 'pellucid.log'])
    expect(await readFile(file, 'utf8')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z info {2}test: /)
  })
})
