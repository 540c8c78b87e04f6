import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeSome } from '@main/ml/checkpoint'
import { toOnnxFeatures } from '@main/ml/onnx/convert'
import { openSession } from '@main/ml/onnx/session'
import { splitAfter } from '@main/ml/frozen'
import { pretrained } from '@main/ml/pretrained'
import type { NamedArray } from '@main/ml/safetensors'
import { familyNamed, resolveParams } from '@main/ml/settings'
import { tf, type LayersModel, type Tensor } from '@main/ml/tf'

/** Pictures drawn by the formula in make_efficientnet.py, brightness 0-1. */
function pictures(side: number): Float32Array {
  const values: number[] = []
  for (let index = 0; index < 2; index++)
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++)
        for (let c = 0; c < 3; c++)
          values.push(Math.floor(127.5 + 127.5 * Math.sin(0.11 * (index + 1) * y + 0.07 * (c + 1) * x + c)) / 255)
  return Float32Array.from(values)
}

interface Golden {
  cases: { side: number; features: number[][]; logits: number[][] }[]
}

async function build(side: number, classCount: number): Promise<LayersModel> {
  const family = familyNamed('efficientnet-lite')
  const inputShape = [side, side, 3]
  const context = { modality: 'image', sampleCount: 10, inputShape, classCount } as const
  const params = resolveParams(family, { dropout: 0 }, undefined, context)
  const input = { params, inputShape, classCount, seed: 1 }
  const model = family.build(input)
  const classifier = (await pretrained('efficientnet-lite0.safetensors'))
    .filter(({ name }) => name.startsWith('imagenet-'))
    .map((array): NamedArray => ({ ...array, name: array.name.replace('imagenet-', '') }))
  writeSome(model, [...(await family.startingWeights!(input)), ...(classCount === 1000 ? classifier : [])])
  return model
}

const everyEighth = (values: ArrayLike<number>, width: number) =>
  [0, 1].map((row) => Array.from({ length: width / 8 }, (_, i) => values[row * width + i * 8]!))

const largestGap = (got: number[][], expected: number[][]) =>
  Math.max(...expected.flatMap((row, i) => row.map((value, k) => Math.abs(value - got[i]![k]!))))

describe('PyTorch agrees with EfficientNet-Lite0 rebuilt from layers', () => {
  let golden: Golden
  const models = new Map<number, LayersModel>()
  beforeAll(async () => {
    golden = JSON.parse(await readFile(join(__dirname, 'data', 'efficientnet.json'), 'utf8')) as Golden
    for (const { side } of golden.cases) models.set(side, await build(side, 1000))
  })
  afterAll(() => models.forEach((model) => model.dispose()))

  test('in what it says of ImageNet’s classes, within 1e-4', () => {
    for (const { side, logits } of golden.cases) {
      const got = tf.tidy(() =>
        (models.get(side)!.predict(tf.tensor(pictures(side), [2, side, side, 3])) as Tensor).dataSync(),
      )
      expect(largestGap(everyEighth(got, 1000), logits), `${side} pixels`).toBeLessThan(1e-4)
    }
  })

  test('in its features by ONNX Runtime, within 1e-4', async () => {
    for (const { side, features } of golden.cases) {
      const { stem, head } = splitAfter(models.get(side)!, 'average')
      const session = await openSession(toOnnxFeatures(stem))
      const got = await session.features(pictures(side), [2, side, side, 3])
      await session.release()
      head.dispose()
      expect(largestGap(everyEighth(got, 1280), features), `${side} pixels`).toBeLessThan(1e-4)
    }
  })
})
