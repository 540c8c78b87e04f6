import { openSession } from '../../../src-main/ml/onnx/session'
import { toOnnx } from '../../../src-main/ml/onnx/convert'
import { mobile } from './nets.mjs'
import { firstStepDone, repeat, serve } from './protocol.mjs'

/** Predictions of a MobileNet-like net as the product makes them: converted to ONNX, run by ONNX Runtime. */
export async function serveInference(size) {
  const session = await openSession(toOnnx(mobile()), Number(process.env.TF_NUM_INTRAOP_THREADS ?? 0))
  const input = Float32Array.from({ length: size * 96 * 96 * 3 }, Math.random)
  const predict = () => session.probabilities(input, [size, 96, 96, 3])
  await predict()
  firstStepDone()
  for (let i = 0; i < 3; i++) await predict()
  await serve((seconds) => repeat(predict, size, seconds))
}
