import { cp, mkdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PackSpec, ProofReport, VerifySpec } from '@shared/schemas/proof'
import { ProofService } from '@main/services/proof-service'
import { sealOf, sha256 } from '@main/services/proof-file'
import { extractTar, TarWriter } from '@main/services/tar'
import { failure, never } from '../../helpers/data-services'
import { tempFolder } from '../../helpers/temp-db'
import { trainedCredit } from './trained-workspace'

async function packed() {
  const services = await trainedCredit()
  const { context, run } = services
  const proofs = new ProofService(context)
  const folder = await tempFolder()
  const pack = async (name: string, withData: boolean) => {
    const out = join(folder, name)
    const { fingerprint, figures } = await proofs.pack(PackSpec.parse({ run: run.runId, out, withData }), never)
    return { out, fingerprint, figures }
  }
  const verify = (file: string, change: object = {}) => proofs.verify(VerifySpec.parse({ file, ...change }), never)
  return { ...services, folder, pack, verify }
}

/** The proof with one text changed, sealed anew where a forger would. */
async function forged(file: string, out: string, change: (text: string) => string, isSealedAnew: boolean) {
  const folder = await tempFolder()
  await extractTar(file, folder, never)
  const manifest = change(await readFile(join(folder, 'manifest.json'), 'utf8'))
  const seal = isSealedAnew
    ? JSON.stringify(sealOf(JSON.parse(manifest)))
    : await readFile(join(folder, 'seal.json'), 'utf8')
  const tar = await TarWriter.create(out)
  await tar.addText('manifest.json', manifest)
  await tar.addText('seal.json', seal)
  for (const name of Object.keys((JSON.parse(manifest) as { files: object }).files)) {
    const bytes = await readFile(join(folder, name))
    await tar.addFile(name, join(folder, name), bytes.length, never)
  }
  await tar.close()
  return sha256(seal)
}

test('a proof with data is recomputed and retrained to the bit; a forged figure is named, sealed anew or not', async () => {
  const { pack, verify, folder, run } = await packed()
  const { out, fingerprint, figures } = await pack('run.pellucid', true)
  const report = await verify(out, { retrain: true })
  expect(ProofReport.parse(report)).toEqual(report)
  expect(report).toMatchObject({ isSound: true, level: 'retrained', tolerance: 0, problems: [], fingerprint })
  expect(report.checked).toBe(2 * figures)
  expect(report.summary[0]).toMatch(/^Verified: all \d+ figures come out again, to the bit/)

  const accuracy = run.metrics.test!.accuracy!
  const lie = (text: string) => text.replace(`"test.accuracy": ${accuracy}`, '"test.accuracy": 0.99')
  const bad = join(folder, 'bad.pellucid')
  await forged(out, bad, lie, false)
  expect(await verify(bad)).toMatchObject({
    isSound: false,
    level: 'integrity',
    problems: [{ kind: 'tampered', name: 'figures.test.accuracy', found: '0.99' }],
  })
  expect(await forged(out, bad, lie, true)).not.toBe(fingerprint)
  expect((await verify(bad)).problems).toEqual([
    { kind: 'figure', name: 'figures.test.accuracy', expected: '0.99', found: String(accuracy) },
  ])
  await forged(out, bad, (text) => text.replace('"epochs": 5', '"epochs": 50'), false)
  expect((await verify(bad)).problems.map(({ name }) => name)).toEqual(['run.params.epochs'])
})

test('a proof without data says that integrity is all; a folder with the table lets it be recomputed', async () => {
  const { pack, verify, folder, context } = await packed()
  const { out } = await pack('run.pellucid', false)
  expect(await verify(out)).toMatchObject({ isSound: true, level: 'integrity', checked: 0 })
  expect((await verify(out)).summary.join(' ')).toMatch(/that is all that can be said/)
  const data = join(folder, 'data')
  await mkdir(data)
  await cp(join(context.paths.resources, 'samples/german-credit/german-credit.csv'), join(data, 'any name.csv'))
  expect(await verify(out, { data })).toMatchObject({ isSound: true, level: 'recomputed' })

  const csv = await readFile(join(data, 'any name.csv'), 'utf8')
  await writeFile(join(data, 'any name.csv'), csv.trimEnd().split('\n').slice(0, -3).join('\n'))
  const short = await verify(out, { data })
  expect(short).toMatchObject({ isSound: false, level: 'integrity' })
  expect(short.problems).toHaveLength(3)
  expect(short.problems[0]).toMatchObject({ kind: 'data', found: 'not in the data' })
})

test('a damaged file is refused with its reason', async () => {
  const { pack, verify, folder } = await packed()
  const { out } = await pack('run.pellucid', false)
  await truncate(out, 5000)
  const cut = await failure(verify(out))
  expect(cut.code).toBe('invalid_input')
  expect(cut.message).toMatch(/no proof of Pellucid, or it is damaged/)
  const other = join(folder, 'other.pellucid')
  await writeFile(other, 'hello')
  expect((await failure(verify(other))).message).toMatch(/damaged/)
  expect((await failure(verify(join(folder, 'none')))).code).toBe('not_found')
})
