import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomStream } from '@main/ml/random'
import type { Snapshot, SnapshotSample } from '@main/ml/snapshot'
import type { Split } from '@shared/schemas/dataset'

const splitOf = (i: number): Split => (i % 5 === 3 ? 'validation' : i % 5 === 4 ? 'test' : 'train')

/**
 * Series of two channels and 12 to 20 steps: the first rises, falls or swings, the second is noise; a value is missing now
 * and then. Written as a pack into `folder`.
 */
export async function toySeries(folder: string, count = 90, seed = 7): Promise<Snapshot> {
  const random = randomStream(seed)
  await mkdir(folder, { recursive: true })
  const path = join(folder, `toy-${count}-${seed}.f32`)
  const samples: SnapshotSample[] = []
  const all: number[] = []
  for (let i = 0; i < count; i++) {
    const target = i % 3
    const steps = 12 + random.below(9)
    const offset = all.length
    for (let step = 0; step < steps; step++) {
      const at = step / (steps - 1)
      const shape = [2 * at - 1, 1 - 2 * at, Math.sin(at * 4 * Math.PI)][target]!
      all.push(random.uniform() < 0.05 ? NaN : 5 + shape + random.between(-0.3, 0.3), random.between(-1, 1))
    }
    const split = splitOf(Math.floor(i / 3))
    samples.push({ id: i + 1, series: { path, offset, steps, channels: 2 }, target, split })
  }
  await writeFile(path, new Uint8Array(Float32Array.from(all).buffer))
  return {
    modality: 'series',
    datasetId: 'toy',
    datasetName: 'toy series',
    classes: ['rising', 'falling', 'swinging'],
    positive: null,
    fields: [],
    samples,
  }
}
