import { readFile, readdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadCheckpoint, loadWeights, saveCheckpoint, saveWeights, startOfRun } from '@main/ml/checkpoint'
import { randomStream } from '@main/ml/random'
import { decodeArrays, encodeArrays } from '@main/ml/safetensors'
import { tempFolder } from '../../helpers/temp-db'

const array = (name: string, ...values: number[]) => ({ name, shape: [values.length], data: Float32Array.from(values) })
const checkpoint = (epoch: number) => ({
  progress: { ...startOfRun, epoch, best: { epoch, loss: 0.1 + 0.2 } },
  weights: [array('dense/kernel', epoch, 0.1), array('dense/bias', -0)],
  slots: [array('0', 7)],
  best: null,
})

describe('safetensors', () => {
  test('the layout is the one that others read', () => {
    const bytes = Buffer.concat(encodeArrays([array('a', 1, 2), array('b', 3)], { format: 'x' }))
    const length = Number(bytes.readBigUInt64LE(0))
    expect(length % 8).toBe(0)
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, unknown>
    expect(header['a']).toEqual({ dtype: 'F32', shape: [2], data_offsets: [0, 8] })
    expect(header['b']).toEqual({ dtype: 'F32', shape: [1], data_offsets: [8, 12] })
    expect(bytes.readFloatLE(8 + length + 8)).toBe(3)
    expect(bytes).toHaveLength(8 + length + 12)
  })

  test('every damaged byte and every cut is noticed', () => {
    const bytes = Buffer.concat(encodeArrays([array('a', 1, 2)], { format: 'x' }))
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at]! ^= 1
      expect(() => decodeArrays(damaged), `byte ${at}`).toThrow(/damaged/)
      expect(() => decodeArrays(bytes.subarray(0, at)), `cut at ${at}`).toThrow(/damaged/)
    }
  })
})

describe('checkpoints', () => {
  test('come back as they were, to the bit', async () => {
    const folder = await tempFolder()
    await saveCheckpoint(folder, checkpoint(3))
    const found = await loadCheckpoint(folder)
    expect(found!.notice).toBeUndefined()
    const { id, ...rest } = found!.checkpoint
    expect(rest).toEqual(checkpoint(3))
    expect(id).toMatch(/^[0-9a-f]{64}$/)
  })

  test('a damaged one is refused and the one before it used, with a notice', async () => {
    const folder = await tempFolder()
    await saveCheckpoint(folder, checkpoint(1))
    await saveCheckpoint(folder, checkpoint(2))
    await truncate(join(folder, 'checkpoint.safetensors'), 100)
    const found = await loadCheckpoint(folder)
    expect(found!.checkpoint.progress.epoch).toBe(1)
    expect(found!.notice).toMatch(/damaged.*The one before it was used/)
  })

  test('500 damaged checkpoints are refused, and the one before is used each time', async () => {
    const folder = await tempFolder()
    await saveCheckpoint(folder, checkpoint(1))
    await saveCheckpoint(folder, checkpoint(2))
    const path = join(folder, 'checkpoint.safetensors')
    const whole = await readFile(path)
    const random = randomStream(17)
    const damages: ((bytes: Buffer) => Buffer)[] = [
      (bytes) => (bytes.writeUInt8(bytes[0]! ^ (1 + random.below(255)), 0), bytes),
      (bytes) => {
        const at = random.below(bytes.length)
        bytes[at] = bytes[at]! ^ (1 << random.below(8))
        return bytes
      },
      (bytes) => bytes.subarray(0, random.below(bytes.length)),
      (bytes) => Buffer.concat([bytes, Buffer.alloc(1 + random.below(4096))]),
      (bytes) => bytes.fill(0, random.below(bytes.length - 8)),
      (bytes) => Buffer.concat([bytes.subarray(0, 40), bytes.subarray(40 + 1 + random.below(40))]),
    ]
    for (let i = 0; i < 500; i++) {
      const damaged = damages[i % damages.length]!(Buffer.from(whole))
      if (damaged.equals(whole)) continue
      await writeFile(path, damaged)
      const found = await loadCheckpoint(folder)
      expect(found!.checkpoint.progress.epoch, `damage ${i}`).toBe(1)
      expect(found!.notice).toMatch(/damaged/)
    }
  })

  test('a process killed between the two renames leaves the one before', async () => {
    const folder = await tempFolder()
    await saveCheckpoint(folder, checkpoint(1))
    const bytes = await readFile(join(folder, 'checkpoint.safetensors'))
    const other = await tempFolder()
    await writeFile(join(other, 'checkpoint.previous.safetensors'), bytes)
    expect((await loadCheckpoint(other))!.checkpoint.progress.epoch).toBe(1)
  })

  test('no checkpoint is null, only damaged ones are an error', async () => {
    const folder = await tempFolder()
    expect(await loadCheckpoint(folder)).toBeNull()
    await writeFile(join(folder, 'checkpoint.safetensors'), 'nonsense')
    await expect(loadCheckpoint(folder)).rejects.toThrow(/no earlier one/)
  })

  test('nothing is left beside, and the final weights win', async () => {
    const folder = await tempFolder()
    await saveCheckpoint(folder, checkpoint(1))
    expect((await loadWeights(folder)).weights).toEqual(checkpoint(1).weights)
    await saveWeights(folder, [array('dense/kernel', 9)])
    expect((await loadWeights(folder)).weights).toEqual([array('dense/kernel', 9)])
    expect((await readdir(folder)).sort()).toEqual(['checkpoint.safetensors', 'model.safetensors'])
  })
})
