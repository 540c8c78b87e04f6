import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { throwIfAborted } from '@shared/errors'
import { writeBeside } from './cache-file'
import { decodePictures, type PictureEncoding, type PictureFile } from './encode/pictures'
import { packedData, type TrainingData } from './encode/training-data'
import { breathe } from './evaluate'
import { toOnnxFeatures } from './onnx/convert'
import { openSession } from './onnx/session'
import { readWeights } from './checkpoint'
import { tf, type LayersModel, type Tensor, type TensorFlow } from './tf'

type Layer = TensorFlow.layers.Layer
type Symbolic = TensorFlow.SymbolicTensor

/** A network in two: what does not learn, and what does on what comes out of it. Both share the network's layers. */
export interface SplitModel {
  /** Not to be disposed: the whole network owns it. */
  stem: LayersModel
  /** Dispose it before the network. */
  head: LayersModel
}

/** Parts a network behind the layer of that name, through which all must go. */
export function splitAfter(model: LayersModel, name: string): SplitModel {
  const last = model.getLayer(name)
  const output = last.output as Symbolic
  const input = tf.input({ shape: output.shape.slice(1) as number[], name: 'features' })
  const values = new Map<Layer, Symbolic>([[last, input]])
  for (const layer of model.layers) {
    const before = layer.inboundNodes[0]!.inboundLayers
    if (layer === last || before.length === 0 || !before.every((each) => values.has(each))) continue
    const inputs = before.map((each) => values.get(each)!)
    values.set(layer, layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as Symbolic)
  }
  const logits = values.get(model.outputs[0]!.sourceLayer)!
  return {
    stem: tf.model({ inputs: model.inputs, outputs: output, name: `${model.name}-stem` }),
    head: tf.model({ inputs: input, outputs: logits, name: `${model.name}-head` }),
  }
}

/** Features of all samples are held in memory: more than this is computed anew in each step instead. */
const mostBytes = 1e9

export const fitsInMemory = ({ stem }: SplitModel, count: number) => 4 * count * sizeOf(stem) < mostBytes

const shapeOf = (stem: LayersModel) => stem.outputs[0]!.shape.slice(1) as number[]
const sizeOf = (stem: LayersModel) => shapeOf(stem).reduce((product, length) => product * length, 1)

/** Pictures that go through the stem together. */
const chunk = 32

/**
 * What a stem makes of pictures, [n, ...features], computed once and kept under `cacheDir` by the contents of the pictures
 * and the stem's weights. Pictures are decoded a few at a time and not kept.
 */
export async function frozenFeatures(
  stem: LayersModel,
  { files, encoding, cacheDir }: { files: PictureFile[]; encoding: PictureEncoding; cacheDir: string },
  signal: AbortSignal,
  progress: (done: number) => void,
): Promise<TrainingData> {
  const size = sizeOf(stem)
  const path = files.some(({ hash }) => !hash) ? null : join(cacheDir, `features-${keyOf(stem, files, encoding)}.bin`)
  const cached = path === null ? null : await stat(path).catch(() => null)
  if (cached?.size === 4 * size * files.length) {
    const bytes = new Uint8Array(await readFile(path!))
    return packedData(new Float32Array(bytes.buffer), shapeOf(stem))
  }
  const features = new Float32Array(files.length * size)
  const ask = await askerOf(stem)
  try {
    for (let from = 0; from < files.length; from += chunk) {
      throwIfAborted(signal)
      const part = files.slice(from, from + chunk)
      const pictures = Float32Array.from(await decodePictures(part, encoding, signal), (byte) => byte / 255)
      features.set(
        await ask.features(pictures, [part.length, encoding.height, encoding.width, encoding.channels]),
        from * size,
      )
      progress(from + part.length)
      await breathe()
    }
  } finally {
    await ask.release()
  }
  if (path) await writeBeside(path, new Uint8Array(features.buffer), cacheDir)
  return packedData(features, shapeOf(stem))
}

function keyOf(stem: LayersModel, files: PictureFile[], encoding: PictureEncoding): string {
  const { height, width, channels, masked = [] } = encoding
  const hash = createHash('sha256').update(JSON.stringify([1, height, width, channels, shapeOf(stem), ...masked]))
  for (const { name, data } of readWeights(stem)) {
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  for (const { hash: content } of files) hash.update(`\n${content}`)
  return hash.digest('hex').slice(0, 32)
}

interface Asker {
  features(inputs: Float32Array, shape: number[]): Promise<Float32Array>
  release(): Promise<void>
}

/** ONNX Runtime is several times faster; where it cannot be loaded the engine computes. */
async function askerOf(stem: LayersModel): Promise<Asker> {
  try {
    return await openSession(toOnnxFeatures(stem))
  } catch {
    return {
      async features(inputs, shape) {
        const output = tf.tidy(() => stem.predict(tf.tensor(inputs, shape)) as Tensor)
        const values = await output.data<'float32'>()
        output.dispose()
        return values
      },
      release: async () => {},
    }
  }
}
