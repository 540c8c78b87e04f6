import { resolve } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import type { Explanation } from '@shared/schemas/explanation'
import { tensorData, type TensorData } from '@shared/tensor-data'
import { compileScoreGradient } from './attribution/score'
import { loadWeights, weightsStamp, writeWeights } from './checkpoint'
import { readGraphPack, type GraphSizes } from './decode/graph/pack'
import { encodeInputs } from './encode/encoding'
import { shownSeries, type SeriesEncoding } from './encode/series'
import { columnsByField, tableBaseline } from './encode/table'
import { paddingId, shownTokens, textOf, type TextEncoding } from './encode/text'
import { forward } from './evaluate'
import { NearNodes, viewOfNode } from './graph-view'
import { TokenEmbedding } from './layers/tokens'
import { buildOutline, graphOf, loadModelSpec, startingWeights } from './model'
import { familyNamed, type RunParams } from './settings'
import type { PredictInput, Snapshot } from './snapshot'
import { readHeader } from './snapshot-file'
import { answerOf, type TargetScale } from './target-scale'
import { tf, type LayersModel, type Tensor } from './tf'

/** A run's best weights, ready to answer. */
export interface TrainedModel {
  /** What the run was trained on, without its samples. */
  meta: Omit<Snapshot, 'samples'>
  family: string
  params: RunParams
  /** Inputs [n, ...inputShape] to logits [n, classes]. */
  model: LayersModel
  /** One sample without its batch axis. */
  inputShape: number[]
  /** Nodes: sizes of the graph that the network holds. */
  graph?: GraphSizes | null
  /** How samples become inputs, in words: one sentence for a picture, one per field for a table. */
  rules: string[]
  /** Decodes or encodes samples as in training: [n, ...inputShape]. The caller disposes it. */
  encode(samples: PredictInput[], signal?: AbortSignal): Promise<Tensor>
  /** Tables: the encoded columns in order. */
  columns?: { name: string; field: string; index: number }[]
  /** Tables: which encoded columns belong to each field. */
  fields?: { name: string; columns: number[] }[]
  /** What 'absent' means, [1, ...inputShape]: black for pictures; for tables numbers at the training mean, categories at
   *  their most frequent value. The caller disposes it. */
  baseline(): Tensor
  /** Series, texts and nodes: one encoded sample as explanations see it, without its padding; through another network where one is given. */
  view?(encoded: Tensor, network?: LayersModel): SampleView
  /** Texts: what the network reads of one, and its words. Nodes: what of the graph is near. */
  read?(sample: PredictInput): Pick<Explanation, 'text' | 'words' | 'graph'>
  /** Differentiable. [n, ...inputShape] to [n, classes]. */
  logits(input: Tensor): Tensor
  /** Gradient of one class's logit at each of `inputs`, shaped as they are. */
  gradient(inputs: Tensor, target: number): Tensor
  /** Class probabilities [n, classes]; where a number is predicted that number in the target's units, [n, 1]. */
  probabilities(input: Tensor): Tensor
  /** Where a number is predicted: how it was standardised. */
  target?: TargetScale
  /** SHA-256 of the weights: the key of everything computed from them. */
  checkpointId: string
  dispose(): void
}

/** A sample in the shape that people know it in, and the network as a function of that. The caller disposes its tensors. */
export interface SampleView {
  /** [1, ...shape] */
  input: Tensor
  baseline: Tensor
  /** Differentiable. [n, ...shape] to logits [n, classes]. */
  logits(input: Tensor): Tensor
  /** Gradient of one class's logit at each of `inputs`; left out: by way of `logits`, all at once. */
  gradient?(inputs: Tensor, target: number): Tensor
  /** What was seen, in the units of the data: [...shape], or of a text the ids of its words. */
  shown: TensorData
  /** Attributions [...shape] as they are shown; left out: as they are. The caller disposes it. */
  perPart?(map: Tensor, isSigned: boolean): Tensor
}

/** The steps that a series has, [1, length, channels]; its end and the channel that marks the steps are put on again. */
function viewOfSeries(encoding: SeriesEncoding, encoded: Tensor, logits: (input: Tensor) => Tensor): SampleView {
  const { steps, channels } = encoding
  const { steps: length, values } = shownSeries(encoding, encoded.dataSync<'float32'>())
  const input = tf.slice(encoded, [0, 0, 0], [1, length, channels])
  const complete = (x: Tensor) => {
    const present = tf.ones([x.shape[0]!, length, 1])
    return tf.pad(tf.concat([x, present], 2), [
      [0, 0],
      [0, steps - length],
      [0, 0],
    ])
  }
  return {
    input,
    baseline: tf.zerosLike(input),
    logits: (x) => tf.tidy(() => logits(complete(x))),
    shown: tensorData([length, channels], values),
  }
}

/** The vectors of a text's words, [1, words, units]: a network is explained by them, as their numbers mean nothing. */
function viewOfText({ length }: TextEncoding, encoded: Tensor, network: LayersModel): SampleView {
  const embedding = network.layers.find((layer) => layer instanceof TokenEmbedding) as TokenEmbedding
  const ids = encoded.dataSync<'float32'>()
  const count = Math.max(1, ids.indexOf(paddingId) < 0 ? length : ids.indexOf(paddingId))
  const input = tf.tidy(() => tf.slice(embedding.apply(encoded) as Tensor, [0, 0, 0], [1, count, -1]))
  const complete = (x: Tensor) =>
    tf.pad(x, [
      [0, 0],
      [0, length - count],
      [0, 0],
    ])
  return {
    input,
    baseline: tf.zerosLike(input),
    logits: (x) =>
      tf.tidy(() => embedding.replacing(complete(x), () => forward(network, tf.tile(encoded, [x.shape[0]!, 1])))),
    shown: tensorData([count], ids.slice(0, count)),
    // Methods that look at whole words give a number each; the others one per number of the word's vector.
    perPart: (map, isSigned) =>
      map.rank === 1 ? tf.clone(map) : isSigned ? tf.sum(map, 1) : tf.tidy(() => tf.sqrt(tf.sum(tf.square(map), 1))),
  }
}

/** What of a text the network reads, and its words. */
function readOf(encoding: TextEncoding, sample: PredictInput) {
  const text = textOf(encoding, sample)
  const tokens = shownTokens(encoding, text)
  return {
    text: text.slice(0, tokens.at(-1)?.end ?? 0),
    words: tokens.map(({ start, end, isKnown }) => ({ text: text.slice(start, end), start, end, isKnown })),
  }
}

/** Models kept loaded, the least recently used leaves first. */
const keptModels = 4
const loaded = new Map<string, { stamp: string; trained: Promise<TrainedModel> }>()

/** The model of a run's folder. Loaded again when its weights changed; owned by this cache: do not dispose it. */
export async function loadTrained(runDir: string): Promise<TrainedModel> {
  const key = resolve(runDir)
  const stamp = await weightsStamp(key)
  const known = loaded.get(key)
  loaded.delete(key)
  const entry = known?.stamp === stamp ? known : { stamp, trained: openTrained(key) }
  if (known && known !== entry) discard(known.trained)
  loaded.set(key, entry)
  entry.trained.catch(() => loaded.get(key) === entry && loaded.delete(key))
  const [oldest] = loaded
  if (oldest && loaded.size > keptModels) {
    loaded.delete(oldest[0])
    discard(oldest[1].trained)
  }
  return entry.trained
}

/** Frees every loaded model, for tests that count tensors. */
export async function unloadTrained(): Promise<void> {
  const models = [...loaded.values()]
  loaded.clear()
  await Promise.allSettled(models.map(async ({ trained }) => (await trained).dispose()))
}

/** Later: somebody may still be computing with it in this turn. */
function discard(trained: Promise<TrainedModel>): void {
  trained.then((model) => setTimeout(() => model.dispose(), 60_000).unref()).catch(() => {})
}

/** The model of a run's folder outside the cache: who asks for it disposes it. */
export async function openTrained(runDir: string): Promise<TrainedModel> {
  const spec = await loadModelSpec(runDir)
  if (!spec)
    throw new WorkbenchError('incompatible', 'This run has no network yet. Let it finish an epoch, or resume it.')
  const { weights, id } = await loadWeights(runDir)
  const { encoding, inputShape, params, family, target } = spec
  const meta = await readHeader(runDir)
  const model = buildOutline(familyNamed(family), params, inputShape, meta.classes.length, graphOf(spec))
  // The checkpoint of a run under way holds only what learns.
  const isWhole = weights.length >= model.weights.length
  writeWeights(model, isWhole ? weights : [...(await startingWeights(spec, meta.classes.length)), ...weights])
  const logits = (input: Tensor) => forward(model, input)
  const score = compileScoreGradient(model, logits)
  const near =
    encoding.kind === 'graph'
      ? new NearNodes(model, encoding.sizes.nodes, (await readGraphPack(encoding.path)).features)
      : null
  const isTable = encoding.kind === 'table'
  const isSeries = encoding.kind === 'series'
  return {
    meta,
    family,
    params,
    model,
    inputShape,
    graph: graphOf(spec),
    rules: isTable ? encoding.fields.map(({ field, rule }) => `${field}: ${rule}`) : [encoding.rule],
    encode: async (samples, signal) =>
      tf.tensor(await encodeInputs(encoding, samples, signal), [samples.length, ...inputShape]),
    ...(isTable && { columns: encoding.columns, fields: columnsByField(encoding) }),
    baseline: () =>
      isTable ? tf.tensor2d(tableBaseline(encoding), [1, inputShape[0]!]) : tf.zeros([1, ...inputShape]),
    ...(isSeries && {
      view: (encoded: Tensor, network = model) => viewOfSeries(encoding, encoded, (x) => forward(network, x)),
    }),
    ...(encoding.kind === 'text' && {
      view: (encoded: Tensor, network = model) => viewOfText(encoding, encoded, network),
      read: (sample: PredictInput) => readOf(encoding, sample),
    }),
    ...(near && {
      view: (encoded: Tensor, network = model) => viewOfNode(near, encoded, network),
      read: ({ node }: PredictInput) => (node ? { graph: near.of(node.index).part } : {}),
    }),
    logits,
    gradient: score.gradient,
    probabilities: (input) => tf.tidy(() => answerOf(forward(model, input), target)),
    ...(target && { target }),
    checkpointId: id,
    dispose() {
      score.dispose()
      model.dispose()
    },
  }
}
