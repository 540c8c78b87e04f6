import { readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeDurably } from '../durable-file'
import { seededUniform } from '../engine/uniform'
import { allowedDifference } from '../target-scale'
import { tf } from '../tf'
import type { TrainedModel } from '../trained'
import { toOnnx } from './convert'
import { openSession, type OnnxSession } from './session'

/** Samples on which ONNX Runtime must agree with the engine before it is trusted. */
export const trialSamples = 100

export interface Predictor {
  /** What answers: ONNX Runtime, or the engine where the network cannot be converted. */
  by: 'onnxruntime' | 'engine'
  /** Why it is not ONNX Runtime. */
  reason: string | null
  /** Class probabilities or numbers, row-major [count, outputs], of inputs [count, ...inputShape]. */
  probabilities(inputs: Float32Array, count: number): Promise<Float32Array>
  release(): Promise<void>
}

/**
 * The fastest way to ask a trained network: it is converted to ONNX and run by ONNX Runtime, after both have agreed on 100
 * samples. A network that cannot be converted, or a runtime that cannot be loaded, leaves the work to the engine.
 *
 * @param keepIn folder where a model that was found to agree is kept, so that it is converted and checked only once
 */
export async function openPredictor(trained: TrainedModel, keepIn?: string): Promise<Predictor> {
  const file = keepIn ? join(keepIn, `model-${trained.checkpointId.slice(0, 16)}.onnx`) : null
  let session: OnnxSession | null = null
  try {
    const kept = file ? await readFile(file).catch(() => null) : null
    if (kept) return onnxPredictor(trained, await openSession(kept))
    const model = toOnnx(trained.model, trained.target)
    session = await openSession(model)
    const difference = await largestDifference(trained, session)
    if (!(difference <= allowedDifference(trained.target)))
      throw new Error(`it differs by ${difference} on ${trialSamples} samples`)
    if (file) await keep(file, model)
    return onnxPredictor(trained, session)
  } catch (error) {
    await session?.release()
    return enginePredictor(trained, (error as Error).message)
  }
}

/** Replaces the models of earlier weights. A folder that cannot be written costs time, not the answer. */
async function keep(file: string, model: Uint8Array): Promise<void> {
  try {
    const folder = dirname(file)
    const older = (await readdir(folder)).filter((name) => /^model-[0-9a-f]+\.onnx$/.test(name))
    await writeDurably(file, [Buffer.from(model)])
    await Promise.all(older.map((name) => rm(join(folder, name), { force: true })))
  } catch {
    await rm(file, { force: true }).catch(() => {})
  }
}

const keptOpen = 4
const open = new Map<string, Promise<Predictor>>()

/** The predictor of a run's model, kept open for the next question; the least recently used is closed. */
export function predictorOf(trained: TrainedModel, runDir: string): Promise<Predictor> {
  const id = trained.checkpointId
  const predictor = open.get(id) ?? openPredictor(trained, runDir)
  open.delete(id)
  open.set(id, predictor)
  const [oldest] = open
  if (oldest && open.size > keptOpen) {
    open.delete(oldest[0])
    void oldest[1].then((each) => each.release())
  }
  return predictor
}

async function largestDifference(trained: TrainedModel, session: OnnxSession): Promise<number> {
  const shape = [trialSamples, ...trained.inputShape]
  const values = tf.tidy(() => seededUniform(shape, 23, 1).dataSync<'float32'>())
  const expected = await askEngine(trained, values, trialSamples)
  const got = await session.probabilities(values, shape)
  let largest = 0
  for (const [i, value] of expected.entries()) largest = Math.max(largest, Math.abs(value - got[i]!))
  return expected.some(Number.isNaN) || got.some(Number.isNaN) ? NaN : largest
}

async function askEngine(trained: TrainedModel, inputs: Float32Array, count: number): Promise<Float32Array> {
  const answer = tf.tidy(() => trained.probabilities(tf.tensor(inputs, [count, ...trained.inputShape])))
  const values = await answer.data<'float32'>()
  answer.dispose()
  return values
}

const onnxPredictor = ({ inputShape }: TrainedModel, session: OnnxSession): Predictor => ({
  by: 'onnxruntime',
  reason: null,
  probabilities: (inputs, count) => session.probabilities(inputs, [count, ...inputShape]),
  release: () => session.release(),
})

const enginePredictor = (trained: TrainedModel, reason: string): Predictor => ({
  by: 'engine',
  reason,
  probabilities: (inputs, count) => askEngine(trained, inputs, count),
  release: async () => {},
})
