import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createGzip, deflateRawSync, gzipSync } from 'node:zlib'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createWriteStream } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { unpackArchive } from '@main/ml/decode/archive'
import {
  dataServices,
  failure,
  never,
  png,
  writeClasses,
  writeTree,
  type DataServices,
} from '../../helpers/data-services'

/** The checksum of ZIP (ISO 3309). */
function crc32(bytes: Buffer): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ -1) >>> 0
}

interface Part {
  name: string
  content: Buffer | string
  /** Claimed size, when it is not the content's. */
  claims?: number
}

/** A ZIP with any names and claims, which no ordinary program would write. */
function zip(parts: Part[]): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content, claims } of parts) {
    const bytes = Buffer.from(content)
    const packed = deflateRawSync(bytes)
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20, 0)
    facts.writeUInt16LE(0x800, 2) // names are UTF-8
    facts.writeUInt16LE(8, 4)
    facts.writeUInt32LE(crc32(bytes), 10)
    facts.writeUInt32LE(packed.length, 14)
    facts.writeUInt32LE(claims ?? bytes.length, 18)
    facts.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), facts, Buffer.from(name), packed])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), facts, rest, Buffer.from(name))
    locals.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(parts.length, 8)
  end.writeUInt16LE(parts.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, central, end])
}

/** One header of a tar and its content. */
function tarFile(name: string, content: Buffer | string, type = '0', claims?: number): Buffer {
  const bytes = Buffer.from(content)
  const block = Buffer.alloc(512)
  block.write(name, 0, 100)
  block.write('0000644\0', 100)
  block.write(`${(claims ?? bytes.length).toString(8).padStart(11, '0')}\0`, 124)
  block.write(' '.repeat(8), 148)
  block.write(type, 156)
  if (type === '2') block.write('/etc/passwd', 157)
  block.write('ustar\x0000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([block, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
}
const tar = (...entries: Buffer[]) => Buffer.concat([...entries, Buffer.alloc(1024)])

describe('importing archives', () => {
  let services: DataServices
  beforeEach(async () => {
    services = await dataServices()
  })
  const at = (name: string) => join(services.folder, name)
  const left = async () =>
    (
      await Promise.all(['files', 'cache'].map((name) => readdir(at(`workspace/${name}/archives`)).catch(() => [])))
    ).flat()
  const put = async (name: string, content: Buffer) => {
    await writeFile(at(name), content)
    return at(name)
  }

  it.each(['pets.zip', 'pets.tar', 'pets.tar.gz', 'pets.tgz'])('takes pictures out of %s', async (name) => {
    await writeClasses(at('pets'), ['cat', 'dog', 'žába'], 4)
    await writeTree(at('pets'), { '__MACOSX/cat/._1.png': 'x' })
    if (name.endsWith('zip'))
      execFileSync('python3', ['-m', 'zipfile', '-c', at(name), 'pets'], { cwd: services.folder })
    else execFileSync('tar', [name.endsWith('z') ? '-czf' : '-cf', at(name), 'pets'], { cwd: services.folder })
    const inspection = await services.datasets.inspect({ paths: [at(name)] }, never)
    expect(inspection).toMatchObject({ modality: 'image', suggestedName: 'pets', sampleCount: 12, skipped: [] })
    const dataset = await services.importFiles([at(name)])
    expect(dataset.classes.map((entry) => [entry.name, entry.count])).toEqual([
      ['cat', 4],
      ['dog', 4],
      ['žába', 4],
    ])
    expect((await services.datasets.checkOriginals({ dataset: 'set' }, never)).ok).toBe(12)
    expect(await left()).toHaveLength(1)
    await services.datasets.delete({ dataset: 'set' })
    expect(await left()).toEqual([])
    expect(await readdir(at('pets/cat'))).toHaveLength(4)
  })

  it('takes the one table out of an archive, whatever lies beside it', async () => {
    const path = await put(
      'data.zip',
      zip([
        { name: 'README.txt', content: 'about' },
        { name: 'deep/people.csv', content: 'x,y\n1,a\n2,b\n' },
      ]),
    )
    const inspection = await services.datasets.inspect({ paths: [path] }, never)
    expect(inspection).toMatchObject({ modality: 'table', suggestedName: 'people', sampleCount: 2 })
    const dataset = await services.importFiles([path], { target: 'y' })
    expect(dataset).toMatchObject({ sampleCount: 2, modality: 'table', target: 'y' })
  })

  it('reads long names as pax and GNU tar write them, and leaves links out', async () => {
    const long = `${'folder-with-a-long-name/'.repeat(6)}picture.png`
    await writeTree(at('long'), { [long]: await png('#123456'), 'b.png': await png('#654321') })
    execFileSync('ln', ['-s', '/etc/passwd', at('long/link.png')])
    for (const format of ['pax', 'gnu', 'ustar']) {
      execFileSync('tar', [`--format=${format}`, '-cf', at(`${format}.tar`), 'long'], { cwd: services.folder })
      await mkdir(at(format))
      const names = await unpackArchive(at(`${format}.tar`), at(format), never)
      expect(names.sort()).toEqual(['long/b.png', `long/${long}`])
      expect(await readFile(join(at(format), 'long', long))).toEqual(await png('#123456'))
    }
  })

  const slips: [string, Buffer][] = [
    [
      'up.zip',
      zip([
        { name: 'ok.png', content: 'x' },
        { name: '../evil.png', content: 'x' },
      ]),
    ],
    ['deep-up.zip', zip([{ name: 'a/../../evil.png', content: 'x' }])],
    ['root.zip', zip([{ name: '/tmp/evil.png', content: 'x' }])],
    ['backslash.zip', zip([{ name: '..\\evil.png', content: 'x' }])],
    ['drive.zip', zip([{ name: 'C:/evil.png', content: 'x' }])],
    ['up.tar', tar(tarFile('ok.png', 'x'), tarFile('../evil.png', 'x'))],
    ['root.tar.gz', gzipSync(tar(tarFile('/tmp/evil.png', 'x')))],
    ['twice.tar', tar(tarFile('a', 'x'), tarFile('a/b.png', 'x'))],
    ['again.tar', tar(tarFile('a.png', 'x'), tarFile('a.png', 'y'))],
    ['link-then-file.tar', tar(tarFile('a', '', '2'), tarFile('a/../../b.png', 'y'))],
  ]
  it.each(slips)('refuses %s, whose names lead elsewhere or clash, and keeps nothing', async (name, content) => {
    const path = await put(name, content)
    const attempts = [() => services.datasets.inspect({ paths: [path] }, never), () => services.importFiles([path])]
    for (const attempt of attempts)
      expect(await failure(attempt())).toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining('refused'),
      })
    expect(await left()).toEqual([])
    expect((await readdir(services.folder)).filter((entry) => entry !== 'workspace')).toEqual([name])
  })

  it('refuses bombs in under a second and leaves nothing on disk', async () => {
    const zeros = Buffer.alloc(64 << 20)
    const bomb = async (name: string, content: Buffer) => {
      const path = await put(name, content)
      const startedAt = performance.now()
      expect(await failure(services.importFiles([path])), name).toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining('refused'),
      })
      expect(performance.now() - startedAt, name).toBeLessThan(1000)
      expect(await left()).toEqual([])
    }
    await bomb('zeros.zip', zip([{ name: 'zeros.csv', content: zeros }]))
    await bomb('claims.zip', zip([{ name: 'a.csv', content: 'x', claims: 0xfffffff0 }]))
    await pipeline(
      Readable.from([tarFile('zeros.csv', zeros), tarFile('more.csv', zeros), Buffer.alloc(1024)]),
      createGzip(),
      createWriteStream(at('zeros.tar.gz')),
    )
    await bomb('again.tar.gz', await readFile(at('zeros.tar.gz')))
    await bomb('header.tar.gz', gzipSync(tarFile('zeros.csv', zeros, '0', 8 ** 11 - 1)))
  })

  it('stops at its limits of bytes and files', async () => {
    await mkdir(at('out'))
    const path = await put(
      'many.tar',
      tar(...Array.from({ length: 9 }, (_, i) => tarFile(`${i}.csv`, 'x'.repeat(900)))),
    )
    expect(await failure(unpackArchive(path, at('out'), never, undefined, { bytes: 1e9, files: 5 }))).toMatchObject({
      message: expect.stringContaining('more than 5 files'),
    })
    await mkdir(at('out2'))
    expect(await failure(unpackArchive(path, at('out2'), never, undefined, { bytes: 4000, files: 99 }))).toMatchObject({
      message: expect.stringContaining('unpacks to more than'),
    })
  })

  it('says what is wrong with an archive that is damaged, cut off, empty, or none', async () => {
    const whole = zip([{ name: 'a.csv', content: 'x,y\n1,2\n'.repeat(1000) }])
    const shorter = zip([{ name: 'a.csv', content: 'x,y\n1,2\n', claims: 5 }])
    const cases: [string, Buffer, string][] = [
      ['cut.zip', whole.subarray(0, whole.length - 30), 'damaged or cut off'],
      ['lies.zip', shorter, 'damaged or cut off'],
      ['text.zip', Buffer.from('Dear diary, '.repeat(99)), 'no tar archive'],
      ['empty.zip', zip([]), 'holds no files'],
      ['cut.tar', tar(tarFile('a.csv', 'x'.repeat(5000))).subarray(0, 2000), 'ends too early'],
      ['cut.tar.gz', gzipSync(tar(tarFile('a.csv', 'x,y\n1,2\n'.repeat(99)))).subarray(0, 60), 'damaged or cut off'],
      ['pictures.zip', zip([{ name: 'a.docx', content: 'x' }]), 'none of them a picture'],
    ]
    for (const [name, content, message] of cases) {
      const path = await put(name, content)
      expect(await failure(services.importFiles([path])), name).toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining(message),
      })
      expect(await left(), name).toEqual([])
    }
    expect(await failure(services.importFiles([at('nowhere.zip')]))).toMatchObject({ code: 'not_found' })
    expect(await services.datasets.list()).toEqual([])
  })
})
