import { describe, expect, test } from 'vitest'
import type { SampleAttribution } from '@main/ml/attribution/define'
import { attributions } from '@main/ml/registry'
import { tf, type TensorFlow } from '@main/ml/tf'
import golden from './data/attributions.json'
import { build, type Array_, type Layer } from './network'

interface Map_ extends Array_ {
  target: number
  method: string
  output: string
  params: Record<string, unknown>
  convergenceDelta?: number
}

interface Model {
  id: string
  inputShape: number[]
  layers: Layer[]
  samples: { input: Array_; logits: number[]; attributions: Map_[] }[]
}

const models = golden.models as unknown as Model[]
/** Methods that draw at random: their maps agree with the reference's in order, to Spearman's 0.95. */
const sampled = new Set(['smooth-grad', 'gradient-shap', 'rise'])

/** Spearman's correlation of two maps without ties. */
function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const ranks = (values: ArrayLike<number>) => {
    const order = Array.from(values, (_, i) => i).sort((i, j) => values[i]! - values[j]!)
    const rank: number[] = []
    order.forEach((index, place) => (rank[index] = place))
    return rank
  }
  const [first, second, n] = [ranks(a), ranks(b), a.length]
  const squares = first.reduce((sum, rank, i) => sum + (rank - second[i]!) ** 2, 0)
  return 1 - (6 * squares) / (n * (n * n - 1))
}

function expectClose(reference: Map_, values: ArrayLike<number>, what: string): void {
  const range = Math.max(...reference.data) - Math.min(...reference.data)
  const error = Math.max(...reference.data.map((value, i) => Math.abs(value - values[i]!)))
  expect(error, what).toBeLessThan(1e-4 * (range || 1))
}

/** How the reference's maps are asked for here; null for what Pellucid does not offer. */
function asked({ method, output, params }: Map_): { id: string; params: Record<string, unknown> } | null {
  if (output !== 'logits') return null // Pellucid explains the logit.
  if (method === 'saliency') return { id: 'gradient', params }
  if (method === 'integrated-gradients')
    return { id: method, params: { steps: params['steps'], baseline: params['kind'] ?? 'neutral' } }
  if (method === 'grad-cam') return params['afterActivation'] ? { id: method, params: { layer: '' } } : null
  const { window, stride, epsilon, noise } = params
  if (method === 'lrp') return { id: method, params: { epsilon } }
  if (method === 'grad-cam++' || method === 'score-cam') return { id: method, params: { layer: '' } }
  if (method === 'rise') return { id: method, params: { samples: 2000, cells: params['cells'], share: 0.5, seed: 1 } }
  // All coalitions of at most nine parts.
  if (method === 'kernel-shap' || method === 'lime')
    return {
      id: method,
      params: { samples: 512, cells: params['cells'], width: 0.25, ridge: 1, seed: 1, baseline: 'neutral' },
    }
  if (sampled.has(method))
    return { id: method, params: { samples: 2000, noise, seed: 1, absolute: false, baseline: 'neutral' } }
  if (method !== 'occlusion') return { id: method, params: {} }
  return { id: 'occlusion', params: { window, stride, cover: 'baseline' } }
}

/** Bias of the network and the names of both forms; each is loaded once. */
const forms = models.flatMap((model) =>
  [false, true].map((isSplit) => ({
    id: model.id,
    form: isSplit ? 'activations apart' : 'as exported',
    model,
    isSplit,
  })),
)

describe.each(forms)('Captum agrees on $id, $form', ({ model, isSplit }) => {
  test('logits, every map within 1e-4 of its range, sampled ones in order', async () => {
    const network = build(model, isSplit)
    const seen = new Map<string, number>()
    for (const sample of model.samples) {
      const input = tf.tensor(sample.input.data, [1, ...model.inputShape])
      const logits = (x: TensorFlow.Tensor) => network.apply(x, { training: false }) as TensorFlow.Tensor
      const found = tf.tidy(() => Array.from(logits(input).dataSync()))
      found.forEach((value, k) => expect(value).toBeCloseTo(sample.logits[k]!, 4))
      for (const reference of sample.attributions) {
        const wanted = asked(reference)
        const method = wanted && (attributions.get(wanted.id) as SampleAttribution)
        if (!wanted || !method?.modalities.includes(model.inputShape.length === 3 ? 'image' : 'table')) continue
        const from = reference.params['baseline']
        const baseline = Array.isArray(from) ? tf.tensor(from, [1, ...model.inputShape]) : tf.zerosLike(input)
        const map = await method.attribute({
          input,
          baseline,
          target: reference.target,
          params: wanted.params,
          logits,
          model: network,
          signal: new AbortController().signal,
          progress: () => {},
        })
        expect(map.shape).toEqual(reference.shape)
        const values = await map.data()
        const what = `${wanted.id} ${JSON.stringify(wanted.params)}`
        if (sampled.has(wanted.id)) expect(rankCorrelation(reference.data, values), what).toBeGreaterThan(0.95)
        else expectClose(reference, values, what)
        seen.set(wanted.id, (seen.get(wanted.id) ?? 0) + 1)
        tf.dispose([map, baseline])
      }
    }
    const kind = model.inputShape.length === 3 ? 'image' : 'table'
    // DeepLIFT has references of its own, in deep-lift.test.ts.
    const offered = [...attributions.values()].filter(
      ({ id, scope, modalities }) => id !== 'deep-lift' && scope === 'sample' && modalities.includes(kind),
    )
    expect([...seen.keys()].sort()).toEqual(offered.map(({ id }) => id).sort())
  }, 120_000)
})
