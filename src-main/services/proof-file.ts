import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { WorkbenchError } from '@shared/errors'
import { Modality, Split } from '@shared/schemas/dataset'
import { Params } from '@shared/schemas/run'
import type { ProofProblem } from '@shared/schemas/proof'

/** What a proof says. Every leaf of it is sealed by itself, so that what was changed can be named. */
export const Manifest = z.object({
  format: z.literal('pellucid-proof-1'),
  packedAt: z.number(),
  run: z.object({
    name: z.string(),
    family: z.string(),
    params: Params,
    seed: z.number(),
    classes: z.array(z.string()),
  }),
  data: z.object({
    name: z.string(),
    modality: Modality,
    target: z.string().nullable(),
    positive: z.string().nullable(),
    samples: z.number().int(),
    /** Over the fingerprints of all samples in their order. */
    sha256: z.string(),
    isIncluded: z.boolean(),
  }),
  audit: z.object({
    sensitive: z.array(z.array(z.string())),
    split: Split,
    rounds: z.number().int(),
    level: z.number(),
    seed: z.number().int(),
    smallGroup: z.number().int(),
  }),
  /** What computed the figures: on the same, they come out the same to the bit. */
  machine: z.string(),
  /** `test.accuracy`, `fairness by sex.female.selection-rate.low` … */
  figures: z.record(z.string(), z.number().nullable()),
  /** The settings of training that are no hyperparameters. */
  environment: z.record(z.string(), z.string()),
  files: z.record(z.string(), z.string()),
})
export type Manifest = z.infer<typeof Manifest>

export const manifestName = 'manifest.json'
export const sealName = 'seal.json'

export const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex')

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** A digest per leaf of the manifest. */
export const sealOf = (manifest: unknown): Record<string, string> =>
  Object.fromEntries(leaves(manifest).map(([name, value]) => [name, sha256(`${name}=${JSON.stringify(value)}`)]))

function leaves(value: unknown, name = ''): [string, unknown][] {
  if (value === null || typeof value !== 'object') return [[name, value]]
  const entries = Object.entries(value)
  if (entries.length === 0) return [[name, value]]
  return entries.flatMap(([key, inner]) => leaves(inner, name === '' ? key : `${name}.${key}`))
}

/** Reads the unpacked proof and names all that is not as it was sealed. */
export async function readProof(
  folder: string,
  file: string,
): Promise<{ manifest: Manifest; fingerprint: string; problems: ProofProblem[] }> {
  const [text, sealed] = await Promise.all([readPart(folder, manifestName, file), readPart(folder, sealName, file)])
  const raw = parsed(text, manifestName, file)
  const seal = z.record(z.string(), z.string()).safeParse(parsed(sealed, sealName, file))
  if (!seal.success) throw damaged(file, `its ${sealName} is not a list of digests`)
  const problems: ProofProblem[] = []
  const now = sealOf(raw)
  const values = Object.fromEntries(leaves(raw))
  const told = (value: unknown) => JSON.stringify(value) ?? 'nothing'
  for (const name of new Set([...Object.keys(seal.data), ...Object.keys(now)])) {
    if (seal.data[name] === now[name]) continue
    const found = name in now ? told(values[name]) : 'nothing'
    const expected = name in seal.data ? 'what was sealed' : 'nothing'
    problems.push({ kind: 'tampered', name, expected, found })
  }
  const manifest = Manifest.safeParse(raw)
  if (!manifest.success)
    throw damaged(file, `its ${manifestName} is not that of a proof (${manifest.error.issues[0]?.path.join('.')})`)
  for (const [name, hash] of Object.entries(manifest.data.files)) {
    const found = await sha256OfFile(join(folder, name)).catch(() => 'nothing')
    if (found !== hash) problems.push({ kind: 'tampered', name, expected: hash, found })
  }
  return { manifest: manifest.data, fingerprint: sha256(sealed), problems }
}

async function readPart(folder: string, name: string, file: string): Promise<string> {
  return readFile(join(folder, name), 'utf8').catch(() => {
    throw damaged(file, `it has no ${name}`)
  })
}

function parsed(text: string, name: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw damaged(file, `its ${name} cannot be read`)
  }
}

export const damaged = (file: string, reason: string) =>
  new WorkbenchError(
    'invalid_input',
    `${file} is no proof of Pellucid, or it is damaged (${reason.replace(/\.+$/, '')}). Ask for the file again, and compare its fingerprint.`,
  )
