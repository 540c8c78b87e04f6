import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import sharp from 'sharp'
import { isArchiveName, isTableName } from '@shared/file-kinds'
import { wav } from '../main/ml/toy-clips'
import { inProcessJobs } from '../helpers/in-process-jobs'

export interface Original {
  name: string
  bytes: Buffer
}

/** A small valid file for every format that an import takes. */
export async function originals(folder: string): Promise<Original[]> {
  const files = join(import.meta.dirname, '../main/data/files')
  const rows = Array.from(
    { length: 40 },
    (_, i) => `${i},"na,me ${i}",${i % 3 ? 'ja' : 'nein'},2026-01-${10 + (i % 9)}`,
  )
  const csv = ['id,name,y,day', ...rows].join('\n')
  const picture = sharp({
    create: {
      width: 24,
      height: 17,
      channels: 3,
      background: '#888',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  })
  const made: Record<string, Buffer> = {
    'a.csv': Buffer.from(csv),
    'latin.csv': Buffer.from('stra\xdfe;y\nK\xf6ln;1,5\nBonn;2\n', 'latin1'),
    'wide.tsv': Buffer.from(`\uFEFF${csv.replaceAll(',', '\t')}`, 'utf16le'),
    'a.jsonl': Buffer.from(rows.map((text, i) => JSON.stringify({ i, text, deep: { x: [i] }, ok: i > 3 })).join('\n')),
    'a.ts': Buffer.from(
      `@timeStamps false\n@classLabel true a b\n@data\n${'1,2,?,4:5,6,7,8:a\n9,1:2,3:b\n'.repeat(9)}`,
    ),
    'a.wav': wav(
      Array.from({ length: 400 }, (_, i) => Math.sin(i / 9)),
      8000,
    ),
    'a.png': await picture.clone().png().toBuffer(),
    'a.jpg': await picture.clone().jpeg().toBuffer(),
    'a.webp': await picture.clone().webp().toBuffer(),
    'a.gif': await picture.clone().gif().toBuffer(),
    'a.tif': await picture.clone().tiff().toBuffer(),
    'a.avif': await picture.clone().avif().toBuffer(),
  }
  for (const name of await readdir(files)) if (!name.endsWith('.md')) made[name] = await readFile(join(files, name))
  const source = join(folder, 'source')
  await mkdir(join(source, 'cat'), { recursive: true })
  await writeFile(join(source, 'cat/a.png'), made['a.png']!)
  await writeFile(join(source, 'people.csv'), csv)
  execFileSync('python3', ['-m', 'zipfile', '-c', join(folder, 'a.zip'), 'cat', 'people.csv'], { cwd: source })
  execFileSync('tar', ['-cf', join(folder, 'a.tar'), 'cat', 'people.csv'], { cwd: source })
  execFileSync('tar', ['-czf', join(folder, 'a.tar.gz'), 'cat', 'people.csv'], { cwd: source })
  for (const name of ['a.zip', 'a.tar', 'a.tar.gz']) made[name] = await readFile(join(folder, name))
  return Object.entries(made).map(([name, bytes]) => ({ name, bytes }))
}

/** Does with one file all that the decoding process does in an import; returns what came of it. */
export async function importFile(folder: string, { name, bytes }: Original): Promise<'imported' | 'refused'> {
  const path = join(folder, name)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await writeFile(path, bytes)
  try {
    if (isArchiveName(name)) {
      await mkdir(join(folder, 'out'))
      await inProcessJobs.run('decode', 'unpack', { path, out: join(folder, 'out') })
    } else {
      await inProcessJobs.run('decode', 'inspect', { paths: [path] })
      if (name.endsWith('.ts')) {
        await inProcessJobs.run('decode', 'read-series', { paths: [path], out: join(folder, 'pack') })
      } else if (isTableName(name)) await inProcessJobs.run('decode', 'read-table', { path, kinds: {} })
      else {
        let skipped = 0
        const onEvent = (event: { skipped: unknown[] }) => void (skipped += event.skipped.length)
        const job = name.endsWith('.wav') ? 'scan-clips' : 'scan-pictures'
        await inProcessJobs.run('decode', job, { paths: [path] }, { onEvent })
        if (skipped > 0) return 'refused'
      }
    }
    return 'imported'
  } catch (error) {
    if ((error as { code?: string }).code === 'invalid_input') return 'refused'
    throw error
  }
}
