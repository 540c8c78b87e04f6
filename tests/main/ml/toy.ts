import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { randomStream } from '@main/ml/random'
import type { Snapshot, SnapshotSample } from '@main/ml/snapshot'
import type { Split } from '@shared/schemas/dataset'

const splitOf = (i: number): Split => (i % 5 === 3 ? 'validation' : i % 5 === 4 ? 'test' : 'train')

/** Two separable clouds with a category that helps and a value missing now and then. */
export function toyTable(count = 120, seed = 7): Snapshot {
  const random = randomStream(seed)
  const samples = Array.from({ length: count }, (_, i): SnapshotSample => {
    const target = i % 2
    const x = random.between(-1, 1) + (target ? 1.2 : -1.2)
    const y = random.uniform() < 0.1 ? null : random.between(-1, 1) - (target ? 0.8 : -0.8)
    const colour = random.uniform() < 0.8 ? (target ? 'red' : 'blue') : 'green'
    return { id: i + 1, values: [x, y, colour, random.uniform() < 0.5], target, split: splitOf(i >> 1) }
  })
  return {
    modality: 'table',
    datasetId: 'toy',
    datasetName: 'toy table',
    classes: ['bad', 'good'],
    positive: 1,
    fields: [
      { name: 'x', kind: 'number', isSensitive: false },
      { name: 'y', kind: 'number', isSensitive: false },
      { name: 'colour', kind: 'category', isSensitive: false },
      { name: 'flag', kind: 'boolean', isSensitive: true },
    ],
    samples,
  }
}

/** A price that follows from size, colour and a little noise; a value is missing now and then. */
export function toyNumbers(count = 120, seed = 7): Snapshot {
  const random = randomStream(seed)
  const samples = Array.from({ length: count }, (_, i): SnapshotSample => {
    const x = random.between(-1, 1)
    const y = random.uniform() < 0.1 ? null : random.between(-1, 1)
    const colour = ['red', 'blue', 'green'][random.below(3)]!
    const target = 2000 + 500 * x - 200 * (y ?? 0) + (colour === 'red' ? 300 : 0) + random.between(-20, 20)
    return { id: i + 1, values: [x, y, colour], target, split: splitOf(i) }
  })
  return {
    modality: 'table',
    datasetId: 'toy',
    datasetName: 'toy numbers',
    task: 'regression',
    target: 'price',
    classes: [],
    positive: null,
    fields: [
      { name: 'x', kind: 'number', isSensitive: false },
      { name: 'y', kind: 'number', isSensitive: false },
      { name: 'colour', kind: 'category', isSensitive: false },
    ],
    samples,
  }
}

/** Pictures of 8 x 8 pixels with a bright bar: lying, standing or none. Written as PNG under `folder`. */
export async function toyPictures(folder: string, count = 90, seed = 7): Promise<Snapshot> {
  const random = randomStream(seed)
  await mkdir(folder, { recursive: true })
  const draw = async (i: number): Promise<SnapshotSample> => {
    const target = i % 3
    const at = 1 + random.below(6)
    const pixels = Buffer.from(
      Array.from({ length: 64 }, (_, k) => {
        const isBar = target === 0 ? k >> 3 === at : target === 1 && k % 8 === at
        return Math.round(random.between(0, 60) + (isBar ? 180 : 0))
      }),
    )
    const path = join(folder, `${i}.png`)
    const png = await sharp(pixels, { raw: { width: 8, height: 8, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer()
    await writeFile(path, png)
    const facts = { hash: `toy-${seed}-${i}`, width: 8, height: 8, channels: 1 }
    return { id: i + 1, path, ...facts, target, split: splitOf(Math.floor(i / 3)) }
  }
  const samples: SnapshotSample[] = []
  for (let i = 0; i < count; i++) samples.push(await draw(i))
  return {
    modality: 'image',
    datasetId: 'toy',
    datasetName: 'toy pictures',
    classes: ['lying', 'standing', 'none'],
    positive: null,
    fields: [],
    samples,
  }
}

/** A run's folder with its snapshot, as the service writes it. */
export async function runFolderWith(snapshot: Snapshot, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'snapshot.json'), JSON.stringify(snapshot))
  return folder
}
