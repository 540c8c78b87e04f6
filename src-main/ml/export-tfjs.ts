import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import { answerName } from './target-scale'
import { tf, type LayersModel, type Tensor, type TensorFlow } from './tf'
import type { TrainedModel } from './trained'

type Artifacts = TensorFlow.io.ModelArtifacts

const modelFile = 'model.json'
const weightsFile = 'weights.bin'

/** Writes a TensorFlow.js layers model, `model.json` and `weights.bin`, whose output is the class probabilities, or the number. */
export async function writeTfjs(trained: TrainedModel, out: string): Promise<string[]> {
  refuseOwnLayers(trained.model)
  const [artifacts] = await collect(withAnswer(trained))
  const weights = artifacts!.weightData!
  const bytes = Array.isArray(weights) ? Buffer.concat(weights.map((part) => Buffer.from(part))) : Buffer.from(weights)
  const { modelTopology, weightSpecs, format, generatedBy } = artifacts!
  const json = {
    format,
    generatedBy,
    convertedBy: null,
    modelTopology,
    weightsManifest: [{ paths: [weightsFile], weights: weightSpecs }],
  }
  await writeFile(join(out, modelFile), JSON.stringify(json))
  await writeFile(join(out, weightsFile), bytes)
  return [modelFile, weightsFile]
}

/** Layers that TensorFlow.js does not bring would be written, and could not be loaded anywhere else. */
function refuseOwnLayers({ layers }: LayersModel): void {
  const own = layers.find((layer) => layer.getClassName().startsWith('Pellucid'))
  if (!own) return
  throw new WorkbenchError(
    'incompatible',
    `The layer "${own.name}" (${own.getClassName().replace('Pellucid', '')}) is Pellucid's own, and TensorFlow.js elsewhere does not know it. Export as SavedModel instead.`,
  )
}

/** The network with its softmax, or with what undoes the scale; both share their weights, so it is not disposed. */
function withAnswer({ model, target }: TrainedModel): LayersModel {
  const name = answerName(target)
  const last = target ? tf.layers.dense({ units: 1, name }) : tf.layers.softmax({ name })
  const answer = last.apply(model.outputs) as TensorFlow.SymbolicTensor
  if (target) tf.tidy(() => last.setWeights([tf.tensor2d([[target.deviation]]), tf.tensor1d([target.mean])]))
  return tf.model({ inputs: model.inputs, outputs: answer, name: model.name })
}

async function collect(model: LayersModel): Promise<Artifacts[]> {
  const saved: Artifacts[] = []
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved.push(artifacts)
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } }
    }),
  )
  return saved
}

/** Loads the written model anew and computes the probabilities of `inputs` with it. */
export async function askTfjs(out: string, inputs: Tensor): Promise<Tensor> {
  const json = JSON.parse(await readFile(join(out, modelFile), 'utf8')) as {
    modelTopology: object
    weightsManifest: { weights: TensorFlow.io.WeightsManifestEntry[] }[]
  }
  const bytes = new Uint8Array(await readFile(join(out, weightsFile)))
  const load = async () => ({
    modelTopology: json.modelTopology,
    weightSpecs: json.weightsManifest[0]!.weights,
    weightData: bytes.buffer,
  })
  const model = await tf.loadLayersModel({ load })
  try {
    return model.predict(inputs) as Tensor
  } finally {
    model.dispose()
  }
}
