import integratedGradients from '../../../src-main/ml/attribution/integrated-gradients'
import { compileScoreGradient } from '../../../src-main/ml/attribution/score'
import { forward } from '../../../src-main/ml/evaluate'
import { tf } from '../../../src-main/ml/tf'
import { smallCnn } from './nets.mjs'
import { firstStepDone, repeat, serve } from './protocol.mjs'

/** Gradients become a graph once they were asked for a few times. */
const warmUp = 8

/** Maps of the small CNN by the product's own method, 50 steps each. */
export async function serveAttribution() {
  const model = smallCnn()
  const input = tf.randomNormal([1, 28, 28, 1])
  const baseline = tf.zerosLike(input)
  const { signal } = new AbortController()
  const params = integratedGradients.params.parse({ steps: 50 })
  const logits = (x) => forward(model, x)
  const { gradient } = compileScoreGradient(model, logits)
  const asked = { model, logits, gradient, input, baseline, target: 3, params, signal, progress: () => {} }
  const explain = async () => {
    const map = await integratedGradients.attribute(asked)
    map.dataSync()
    map.dispose()
  }
  await explain()
  firstStepDone()
  for (let i = 0; i < warmUp; i++) await explain()
  await serve((seconds) => repeat(explain, 1, seconds))
}
