import { expect, test } from 'vitest'
import { byScore } from '@main/ml/attribution/checks/deletion-insertion'
import { relativeChange } from '@main/ml/attribution/checks/noise'
import { areaUnder, removalCurve } from '@main/ml/attribution/checks/removal'
import { rankCorrelation, scaled, ssim } from '@main/ml/attribution/checks/similarity'
import { scoreGradient } from '@main/ml/attribution/score'
import { forward } from '@main/ml/evaluate'
import { tf, type LayersModel, type Tensor } from '@main/ml/tf'
import golden from './data/map-checks.json'
import { build, type Layer } from './network'

const { inputShape, target } = golden
const size = inputShape.slice(0, 2) as [number, number]
const networkOf = (layers: unknown) => build({ inputShape, layers: layers as Layer[] })

const shaped = (data: number[]) => tf.tensor(data, [1, ...inputShape])
function gradientOf(model: LayersModel, input: Tensor): Float64Array {
  const values = tf.tidy(() => scoreGradient({ logits: (x) => forward(model, x) }, input, target).dataSync())
  return Float64Array.from(values)
}
/** Quantus leaves the point out where nothing has been taken yet, and counts each step as 1. */
const areaOf = (curve: number[]) =>
  areaUnder(
    curve.slice(1).map((_, i) => i),
    curve.slice(1),
  )

test('Quantus agrees on the curves of deletion and insertion and the areas under them', async () => {
  const model = networkOf(golden.layers)
  const input = shaped(golden.input.data)
  const scores = gradientOf(model, input)
  // Places of equal worth may stand in any order: the curves are those of the order that Quantus took.
  const { order } = golden
  const sorted = (places: ArrayLike<number>) => Array.from(places, (place) => scores[place]!)
  sorted(byScore(scores)).forEach((score, i) => expect(score).toBeCloseTo(sorted(order)[i]!, 4))
  const places = golden.input.data.map((_, i) => Int32Array.of(i))
  const asked = {
    trained: { logits: (x: Tensor) => forward(model, x) } as never,
    input,
    places,
    target,
    signal: new AbortController().signal,
  }
  const [sample, empty] = [Float32Array.from(golden.input.data), new Float32Array(golden.input.data.length)]
  for (const [from, to, reference] of [
    [sample, empty, golden.deletion],
    [empty, sample, golden.insertion],
  ] as const) {
    const curve = await removalCurve(asked, order, from, to)
    expect(curve).toHaveLength(reference.curve.length + 1)
    reference.curve.forEach((value, i) => expect(Math.abs(curve[i + 1]! - value)).toBeLessThan(1e-3))
    expect(Math.abs(areaOf(curve) - reference.area)).toBeLessThan(1e-3)
  }
})

test('Quantus agrees on the largest change under noise', () => {
  const model = networkOf(golden.layers)
  const before = gradientOf(model, shaped(golden.input.data))
  const [copies, length] = golden.noises.shape as [number, number]
  const changes = Array.from({ length: copies }, (_, copy) => {
    const noise = golden.noises.data.slice(copy * length, (copy + 1) * length)
    return relativeChange(before, gradientOf(model, shaped(golden.input.data.map((value, i) => value + noise[i]!))))
  })
  expect(Math.abs(Math.max(...changes) - golden.sensitivity)).toBeLessThan(1e-3)
})

test('Quantus agrees on how alike the map stays while layer after layer is made random', () => {
  const before = gradientOf(networkOf(golden.layers), shaped(golden.input.data))
  for (const { layers, spearman, ssim: structure } of golden.cascade) {
    const after = gradientOf(networkOf(layers), shaped(golden.input.data))
    expect(Math.abs(rankCorrelation(before, after)! - spearman)).toBeLessThan(1e-3)
    expect(Math.abs(ssim(scaled(before), scaled(after), size)! - structure)).toBeLessThan(1e-3)
  }
})
