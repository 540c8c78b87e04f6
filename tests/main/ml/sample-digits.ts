import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Snapshot } from '@main/ml/snapshot'

const archive = resolve(import.meta.dirname, '../../../resources/samples/digits/digits.tar')

/** The first `perClass` training pictures of each of the sample digits, and 15 of each to test on, unpacked in `folder`. */
export async function sampleDigits(folder: string, perClass: number): Promise<Snapshot> {
  execFileSync('tar', ['-xf', archive, '-C', folder])
  const root = join(folder, 'digits')
  const classes = readdirSync(join(root, 'train')).sort()
  const samples = (['train', 'test'] as const).flatMap((split) =>
    classes.flatMap((name, target) =>
      readdirSync(join(root, split, name))
        .sort()
        .slice(0, split === 'train' ? perClass : 15)
        .map((file) => {
          const facts = { hash: `digits/${split}/${name}/${file}`, width: 28, height: 28, channels: 1 }
          return { path: join(root, split, name, file), ...facts, target, split }
        }),
    ),
  )
  return {
    modality: 'image',
    datasetId: 'digits',
    datasetName: 'sample digits',
    classes,
    positive: null,
    fields: [],
    samples: samples.map((sample, i) => ({ id: i + 1, ...sample })),
  }
}
