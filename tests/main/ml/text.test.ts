import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeTexts, fitText } from '@main/ml/encode/text'
import { tokensOf } from '@main/ml/encode/tokens'
import { explainSample, methodNamed } from '@main/ml/explain'
import { TokenEmbedding } from '@main/ml/layers/tokens'
import { runChecks } from '@main/ml/attribution/checks/run-checks'
import { attributions, families, mapChecks } from '@main/ml/registry'
import { tf, type Tensor, type TensorFlow } from '@main/ml/tf'
import { train } from '@main/ml/train'
import { loadTrained, unloadTrained, type TrainedModel } from '@main/ml/trained'
import { runFolderWith } from './toy'
import { toyTexts } from './toy-texts'

const never = new AbortController().signal
const words = (text: string) => tokensOf(text).map(({ word }) => word)

describe('tokens', () => {
  test('are words and signs in small letters, with their places', () => {
    expect(words("Don't stop, Zoë: 3.5 % — ok!?")).toEqual([
      "don't",
      'stop',
      ',',
      'zoë',
      ':',
      '3',
      '.',
      '5',
      '%',
      '—',
      'ok',
      '!',
      '?',
    ])
    expect(words('it’s 東京 is')).toEqual(["it's", '東', '京', 'is'])
    const text = '  Große\tFreude '
    expect(tokensOf(text).map(({ start, end }) => text.slice(start, end))).toEqual(['Große', 'Freude'])
    expect(tokensOf('a b c d', 2)).toHaveLength(2)
    expect(tokensOf(' \n')).toEqual([])
  })

  test('become ids by a vocabulary of frequent training words; others are unknown, the rest is padding', () => {
    const params = { vocabularySize: 3, wordCount: 2, textLength: 5 }
    const encoding = fitText(['text'], ['b a b c', 'a b once', 'c d d'], params)
    expect(encoding.words).toEqual(['b', 'a', 'c'])
    expect([...encodeTexts(encoding, ['a B zebra', 'c c c c c c'])]).toEqual([3, 2, 1, 0, 0, 4, 4, 4, 4, 4])
    expect(fitText(['text'], ['a b c', 'a'], { ...params, textLength: 0 }).length).toBe(3)
  })
})

test('vectors are looked up, padding is zero, and the gradient adds up by word', async () => {
  const layer = new TokenEmbedding({ rows: 4, units: 2, seed: 1, isMask: false })
  const table = [9, 9, 1, 2, 3, 4, 5, 6]
  const ids = tf.tensor2d([[1, 3, 1, 0]])
  layer.apply(ids)
  layer.setWeights([tf.tensor2d(table, [4, 2])])
  expect((layer.apply(ids) as Tensor).arraySync()).toEqual([
    [
      [1, 2],
      [5, 6],
      [1, 2],
      [0, 0],
    ],
  ])
  const weights = layer.trainableWeights.map((weight) => weight.read() as TensorFlow.Variable)
  const upstream = tf.tensor3d([1, 10, 2, 20, 3, 30, 4, 40], [1, 4, 2])
  const { grads } = tf.variableGrads(() => tf.sum(tf.mul(layer.call(ids), upstream)) as TensorFlow.Scalar, weights)
  expect(Object.values(grads)[0]!.arraySync()).toEqual([
    [0, 0],
    [4, 40],
    [0, 0],
    [2, 20],
  ])
})

const small = { units: 8, vectorSize: 8, filters: 16, dropout: 0, heads: 2, layers: 1, blocks: 1 }
const textFamilies = [...families.values()].filter(({ modalities }) => modalities.includes('text')).map(({ id }) => id)

describe.each(textFamilies)('explaining texts by %s', (family) => {
  let model: TrainedModel
  let folder: string
  const logged: string[] = []
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pellucid-test-'))
    const runDir = await runFolderWith(toyTexts(180), join(folder, family))
    const own = Object.keys((families.get(family)!.params as unknown as { shape: object }).shape)
    const params = Object.fromEntries(Object.entries(small).filter(([key]) => own.includes(key)))
    const input = {
      runId: family,
      runDir,
      family,
      // Attention learns at a calmer rate than the others.
      params: { ...params, epochs: 12, batchSize: 16, learningRate: family === 'transformer' ? 0.005 : 0.02 },
    }
    const events = {
      progress() {},
      epoch() {},
      notice() {},
      predictions() {},
      log: (text: string) => void logged.push(text),
    }
    await train({ ...input, resume: false, cacheDir: join(folder, 'cache') }, never, events)
    model = await loadTrained(runDir)
  }, 60_000)
  afterAll(async () => {
    await unloadTrained()
    await rm(folder, { recursive: true, force: true })
  })

  const text = 'The story was a wonderful quibble.'
  const explain = (id: string, params = {}) => {
    const request = { sample: { values: { text } }, params, targetClass: 'praise' }
    const options = { signal: never, progress: () => {} }
    return explainSample(model, methodNamed(attributions, id, 'sample'), request, options)
  }
  const methods = [...attributions.values()].filter(
    ({ scope, modalities }) => scope === 'sample' && modalities.includes('text'),
  )

  test('was trained as one graph', () => expect(logged.join('\n')).not.toMatch(/op by op/))

  test.each(methods.map(({ id }) => id))('%s gives each word its worth, and leaves nothing behind', async (id) => {
    const before = tf.memory().numTensors
    const { attribution, words: read, text: shown } = await explain(id)
    expect(read!.map(({ text: word }) => word)).toEqual(['The', 'story', 'was', 'a', 'wonderful', 'quibble', '.'])
    expect(read!.map(({ isKnown }) => isKnown)).toEqual([true, true, true, true, true, false, true])
    expect(shown).toBe(text)
    expect(attribution.shape).toEqual([7])
    const values = Array.from(attribution.data)
    expect(values.every(Number.isFinite)).toBe(true)
    const strongest = values.indexOf(Math.max(...values))
    // Behind layer normalisation the slope at the text itself says little of the word's worth.
    const isLocal = ['gradient', 'smooth-grad'].includes(id) || (family === 'transformer' && id === 'input-x-gradient')
    if (!isLocal) expect(read![strongest]!.text).toBe('wonderful')
    expect(tf.memory().numTensors).toBe(before)
  })

  test('a map wears a badge: each word is a place', async () => {
    const explanation = await explain('integrated-gradients')
    const method = methodNamed(attributions, 'integrated-gradients', 'sample')
    const encoded = await model.encode([{ values: { text } }])
    const asked = { method, params: explanation.params, encoded, target: 0, map: explanation.attribution }
    const found = await runChecks(model, mapChecks.values(), { ...asked, signal: never, progress: () => {} })
    encoded.dispose()
    expect(found.checks.length).toBeGreaterThan(2)
    expect(found.checks.find(({ id }) => /complet|sum/.test(id))?.verdict ?? 'passes').toBe('passes')
  })

  test('integrated gradients add up to the change in score', async () => {
    const { convergenceDelta } = await explain('integrated-gradients', { steps: 256 })
    expect(convergenceDelta!).toBeLessThan(0.02)
  })

  test('says what is lacking', async () => {
    await expect(model.encode([{ values: { other: 'x' } }])).rejects.toThrow(/"text" is missing/)
    await expect(model.encode([{ path: 'x.png' }])).rejects.toThrow(/reads texts/)
  })
})
