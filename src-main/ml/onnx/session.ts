import { createRequire } from 'node:module'
import type * as Onnx from 'onnxruntime-node'

const load = createRequire(__filename)

/** The only file that names ONNX Runtime. Throws where its library cannot be loaded. */
const runtime = () => load('onnxruntime-node') as typeof Onnx

export interface OnnxSession {
  /** Class probabilities or numbers, row-major [count, outputs], of inputs [count, ...inputShape]. */
  probabilities(inputs: Float32Array, shape: readonly number[]): Promise<Float32Array>
  /** What a network written by `toOnnxFeatures` gives out, row-major. */
  features(inputs: Float32Array, shape: readonly number[]): Promise<Float32Array>
  release(): Promise<void>
}

/** @param threads 0 lets ONNX Runtime choose */
export async function openSession(model: Uint8Array, threads = 0): Promise<OnnxSession> {
  const { InferenceSession, Tensor } = runtime()
  const session = await InferenceSession.create(model, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    ...(threads > 0 && { intraOpNumThreads: threads, interOpNumThreads: 1 }),
  })
  const ask = async (output: string, inputs: Float32Array, shape: readonly number[]) => {
    const answer = await session.run({ input: new Tensor('float32', inputs, [...shape]) }, [output])
    return answer[output]!.data as Float32Array
  }
  return {
    probabilities: (inputs, shape) =>
      ask(session.outputNames.includes('value') ? 'value' : 'probabilities', inputs, shape),
    features: (inputs, shape) => ask('features', inputs, shape),
    release: () => session.release(),
  }
}
