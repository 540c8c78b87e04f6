import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layersPicture, shapeText, stagesOf } from '@renderer/charts/layers-picture'
import type { LayerInfo } from '@shared/schemas/run'

const layer = (kind: string, outputShape: number[], parameterCount = 0): LayerInfo => ({
  ...{ name: `${kind}-${outputShape.join('x')}`, kind, outputShape, parameterCount, detail: '' },
})
const cnn = [
  layer('Conv2D', [28, 28, 32], 288),
  layer('BatchNormalization', [28, 28, 32], 128),
  layer('Activation', [28, 28, 32]),
  layer('MaxPooling2D', [14, 14, 32]),
  layer('Flatten', [6272]),
  layer('Dense', [128], 802_944),
  layer('Dropout', [128]),
  layer('Dense', [10], 1290),
]

describe('the blocks of a network', () => {
  it('joins what acts in place or lays out anew to the block before', () => {
    const blocks = stagesOf([28, 28, 1], cnn)
    expect(blocks.map(({ shape }) => shapeText(shape))).toEqual([
      '28 × 28 × 1',
      '28 × 28 × 32',
      '14 × 14 × 32',
      '128',
      '10',
    ])
    expect(blocks[1]!.layers).toEqual([0, 1, 2])
    expect(blocks[1]!.parameterCount).toBe(416)
    expect(blocks.map(({ role }) => role)).toEqual(['input', 'learned', 'plain', 'learned', 'output'])
  })
  it('shows two dense layers of the same width as two', () => {
    const mlp = [layer('Dense', [64], 1344), layer('Dense', [64], 4160), layer('Dense', [2], 130)]
    expect(stagesOf([20], mlp)).toHaveLength(4)
  })
  it('counts every parameter once', () => {
    const total = cnn.reduce((sum, { parameterCount }) => sum + parameterCount, 0)
    const drawn = stagesOf([28, 28, 1], cnn).reduce((sum, { parameterCount }) => sum + parameterCount, 0)
    expect(drawn).toBe(total)
  })
})

describe('the picture', () => {
  it('leads shortcuts around the blocks that they skip, inside the box', () => {
    const conv = () => layer('Conv2D', [8, 8, 4], 1000)
    const residual = [conv(), conv(), conv(), { ...layer('Add', [8, 8, 4]), branchedAt: 0 }, layer('Dense', [2], 500)]
    const { bows, stages } = layersPicture([8, 8, 1], residual, { width: 600, height: 210 })
    expect(bows).toHaveLength(1)
    const numbers = bows[0]!.path.match(/-?[\d.]+/g)!.map(Number)
    const [startX, startY, , liftY, , , endX] = numbers as [number, number, number, number, number, number, number]
    expect(startX).toBeGreaterThan(stages[1]!.x)
    expect(endX).toBeGreaterThan(stages[3]!.x)
    expect(startY).toBeGreaterThanOrEqual(0)
    expect(liftY).toBeGreaterThanOrEqual(0)
    expect(layersPicture([28, 28, 1], cnn, { width: 600, height: 210 }).bows).toEqual([])
  })
  it('draws sides to scale: half the side, half the height', () => {
    const { stages } = layersPicture([28, 28, 1], cnn, { width: 600, height: 210 })
    expect(stages[2]!.height).toBeCloseTo(stages[1]!.height / 2, 6)
    expect(stages[1]!.width).toBeGreaterThan(stages[0]!.width)
  })
  it('stays inside its box for any network, from left to right', () => {
    const block = fc.tuple(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 512 }))
    const sizes = fc.record({ width: fc.integer({ min: 260, max: 1400 }), height: fc.integer({ min: 140, max: 400 }) })
    fc.assert(
      fc.property(fc.array(block, { maxLength: 14 }), sizes, (blocks, size) => {
        const layers = blocks.map(([side, channels]) => layer('Conv2D', [side, side, channels], 1e6))
        const { stages, links } = layersPicture([32, 32, 3], [...layers, layer('Dense', [10], 100)], size)
        expect(links).toHaveLength(stages.length - 1)
        let right = 0
        for (const stage of stages) {
          expect(stage.x).toBeGreaterThanOrEqual(right - 0.01)
          expect(stage.y - stage.depth).toBeGreaterThanOrEqual(-0.01)
          expect(stage.y + stage.height).toBeLessThanOrEqual(size.height)
          right = stage.x + stage.width + stage.depth
        }
        expect(right).toBeLessThanOrEqual(size.width)
      }),
    )
  })
})
