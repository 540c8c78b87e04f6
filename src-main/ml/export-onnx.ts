import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toOnnx } from './onnx/convert'
import { openSession } from './onnx/session'
import { tf, type Tensor } from './tf'
import type { TrainedModel } from './trained'

const fileName = 'model.onnx'

/** Writes an ONNX model of opset 17; a layer that has no form there is named. */
export async function writeOnnx(trained: TrainedModel, out: string): Promise<string[]> {
  await writeFile(join(out, fileName), toOnnx(trained.model, trained.target))
  return [fileName]
}

/** Loads the written model with ONNX Runtime and computes the probabilities of `inputs` with it. */
export async function askOnnx(out: string, inputs: Tensor): Promise<Tensor> {
  const session = await openSession(await readFile(join(out, fileName)))
  try {
    const values = await session.probabilities(await inputs.data<'float32'>(), inputs.shape)
    return tf.tensor(values, [inputs.shape[0]!, values.length / inputs.shape[0]!])
  } finally {
    await session.release()
  }
}
