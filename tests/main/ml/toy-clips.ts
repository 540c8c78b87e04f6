import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomStream } from '@main/ml/random'
import type { Snapshot, SnapshotSample } from '@main/ml/snapshot'
import type { Split } from '@shared/schemas/dataset'

const splitOf = (i: number): Split => (i % 5 === 3 ? 'validation' : i % 5 === 4 ? 'test' : 'train')

/** A WAV file of one channel, PCM of 16 bits. */
export function wav(samples: ArrayLike<number>, sampleRate: number): Buffer {
  const bytes = Buffer.alloc(44 + samples.length * 2)
  bytes.write('RIFF', 0, 'latin1')
  bytes.writeUInt32LE(36 + samples.length * 2, 4)
  bytes.write('WAVEfmt ', 8, 'latin1')
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(sampleRate, 24)
  bytes.writeUInt32LE(sampleRate * 2, 28)
  bytes.writeUInt16LE(2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36, 'latin1')
  bytes.writeUInt32LE(samples.length * 2, 40)
  for (let i = 0; i < samples.length; i++)
    bytes.writeInt16LE(Math.round(Math.max(-1, Math.min(1, samples[i]!)) * 32_767), 44 + 2 * i)
  return bytes
}

/** Clips of 0.15 to 0.3 s at 4 kHz: a low, a high or a rising tone in some noise. Written as WAV under `folder`. */
export async function toyClips(folder: string, count = 60, seed = 7): Promise<Snapshot> {
  const random = randomStream(seed)
  const [rate, sampleRate] = [4000, 4000]
  await mkdir(folder, { recursive: true })
  const samples: SnapshotSample[] = []
  for (let i = 0; i < count; i++) {
    const target = i % 3
    const length = 600 + random.below(600)
    let phase = 0
    const clip = Array.from({ length }, (_, at) => {
      const hertz = [300, 1200, 300 + (900 * at) / length][target]!
      phase += (2 * Math.PI * hertz) / rate
      return 0.5 * Math.sin(phase) + random.between(-0.05, 0.05)
    })
    const path = join(folder, `${i}.wav`)
    await writeFile(path, wav(clip, sampleRate))
    const facts = { hash: `toy-clip-${seed}-${i}`, width: length, height: sampleRate, channels: 1 }
    samples.push({ id: i + 1, path, ...facts, target, split: splitOf(Math.floor(i / 3)) })
  }
  return {
    modality: 'audio',
    datasetId: 'toy',
    datasetName: 'toy clips',
    classes: ['low', 'high', 'rising'],
    positive: null,
    fields: [],
    samples,
  }
}
