import type { Estimate, LayerInfo, Params, Plan } from '@shared/schemas/run'
import { costOf } from './cost'
import { fitPictures, pictureShape } from './encode/pictures'
import { isFiles } from '@shared/modalities'
import { clipEncoding } from './encode/clips'
import { seenFields } from './encode/encoding'
import { seriesShape } from './encode/series'
import { maxCategories } from './encode/table'
import { plannedLength } from './encode/text'
import type { GraphSizes } from './decode/graph/pack'
import type { Family } from './families/define'
import { buildOutline, parameterCountOf } from './model'
import { keysFor } from './params'
import { findProblems, findWarnings, fitDefaults, fitVocabulary } from './problems'
import { familyNamed, resolveParams, type RunParams } from './settings'
import type { PlanInput } from './snapshot'
import type { LayersModel, TensorFlow } from './tf'

/** What a configuration would build on this data, and what forbids it. Trains nothing. */
export function makePlan(familyId: string, asked: Params, preset: string | undefined, data: PlanInput): Plan {
  const family = familyNamed(familyId)
  const { modality, task, sampleCount } = data
  const context = { modality, task, sampleCount, classCount: data.classes.length }
  const first = resolveParams(family, asked, preset, { ...context, inputShape: plannedShape(data, {}) })
  const inputShape = plannedShape(data, first)
  const facts = { ...data, inputShape }
  const params = fitVocabulary(fitDefaults(first, asked, facts), data.texts?.words)
  const problems = findProblems(family, params, facts)
  const outline = { params, inputShape, warnings: findWarnings(params, facts) }
  const ownKnobs = keysFor(family.params, modality, task ?? 'classification')
  const isBuildable = family.modalities.includes(modality) && inputShape.every((length) => length > 0)
  if (!isBuildable || problems.some(({ param }) => param !== null && ownKnobs.includes(param)))
    return { ...outline, layers: [], parameterCount: 0, problems, estimate: null }
  try {
    const model = buildOutline(family, params, inputShape, Math.max(1, data.classes.length), data.graph)
    const layers = describeLayers(model)
    const parameterCount = parameterCountOf(model)
    const estimate = estimateOf(family, model, params, data)
    model.dispose()
    return { ...outline, layers, parameterCount, problems, estimate }
  } catch (error) {
    if (problems.length === 0)
      problems.push({ param: null, message: `These settings build no network: ${(error as Error).message}` })
    return { ...outline, layers: [], parameterCount: 0, problems, estimate: null }
  }
}

/** A process with the engine, before it holds any data. */
const processBytes = 350e6
/** Multiply-adds per second and what a sample costs besides, of an ordinary processor; runs on this machine correct it. */
const ordinary = { multiplyAddsPerSecond: 1.5e10, secondsPerSample: 2e-6, startSeconds: 3 }

/** A step computes a layer forward and twice as much going back. */
const forwardOnly = 3

function estimateOf(family: Family, model: LayersModel, params: RunParams, data: PlanInput): Estimate {
  const { multiplyAdds, frozenMultiplyAdds, memoryBytes } = costOf(model, params, params.batchSize)
  const { modality, sampleCount, splits } = data
  if (data.graph) return graphEstimate(model, params, data.graph, splits.train)
  // What does not learn is computed once per sample, forward only; training holds what came out of it.
  const frozen = params.augment ? null : (family.frozenUpTo?.(params) ?? null)
  const held = frozen === null ? model.inputs[0]!.shape : (model.getLayer(frozen).outputShape as (number | null)[])
  const bytesEach = isFiles(modality) && frozen === null ? 1 : 4
  const dataBytes = sampleCount * bytesEach * held.reduce<number>((all, each) => all * (each ?? 1), 1)
  const once = frozen === null ? 0 : frozenMultiplyAdds
  const perSample = ordinary.secondsPerSample + (multiplyAdds - once) / ordinary.multiplyAddsPerSecond
  const onceSeconds = (sampleCount * once) / forwardOnly / ordinary.multiplyAddsPerSecond
  return {
    multiplyAdds: multiplyAdds - once,
    memoryBytes: processBytes + memoryBytes + dataBytes,
    seconds: ordinary.startSeconds + onceSeconds + params.epochs * splits.train * perSample,
    isMeasured: false,
  }
}

/** Multiply-adds per second over lists of edges and values, which lie all over the memory. */
const scattered = 3e8

/** A step computes all nodes however few it learns from: along edges, over feature values and from layer to layer. */
function graphEstimate(model: LayersModel, params: RunParams, graph: GraphSizes, trained: number): Estimate {
  const { nodes, edges, entries } = graph
  const widths = model.layers.map((layer) => ({
    kind: layer.getClassName(),
    width: firstOf(layer.outputShape)[1] ?? 1,
  }))
  const over: Record<string, number> = { PellucidSparseDense: entries, PellucidNeighbourSum: 2 * edges + nodes }
  const perStep = widths.reduce((sum, { kind, width }) => sum + (over[kind] ?? nodes) * width, 0)
  const steps = Math.ceil(trained / params.batchSize)
  return {
    multiplyAdds: Math.round((forwardOnly * perStep) / params.batchSize),
    memoryBytes: processBytes + 4 * forwardOnly * perStep,
    seconds: ordinary.startSeconds + (params.epochs * (forwardOnly * steps + 1) * perStep) / scattered,
    isMeasured: false,
  }
}

/** Input shape as training will fit it; exact for pictures and series, for tables and texts as far as the counts tell. */
function plannedShape(
  { modality, picture, series, audio, texts, fields, distinct, missing }: PlanInput,
  params: Partial<RunParams>,
): number[] {
  if (modality === 'image') {
    return pictureShape(fitPictures(picture ? [picture] : [], params.imageSize ?? 0, params.colour ?? 'auto'))
  }
  if (modality === 'audio') return pictureShape(clipEncoding(audio?.sampleRate ?? 16_000, audio?.seconds ?? 1, params))
  if (modality === 'series') return seriesShape(series ?? { steps: 0, channels: 1 }, params.seriesLength ?? 0)
  if (modality === 'graph') return [1]
  if (modality === 'text') return [plannedLength(texts?.longest ?? 1, params.textLength ?? 0)]
  const columns = seenFields(fields, params).map(({ name, kind }) => {
    const isMissing = (missing?.[name] ?? 0) > 0 ? 1 : 0
    if (kind === 'number' || kind === 'date') return 1 + isMissing
    return Math.min(maxCategories, (distinct[name] ?? (kind === 'boolean' ? 2 : 1)) + isMissing)
  })
  return [columns.reduce((sum, count) => sum + count, 0)]
}

/** The network layer by layer, as the picture of it shows. */
export function describeLayers(model: LayersModel): LayerInfo[] {
  const layers = model.layers.filter((layer) => layer.getClassName() !== 'InputLayer')
  return layers.map((layer) => {
    const parting = partingOf(layer)
    return {
      name: layer.name,
      kind: layer.getClassName().replace(/^Pellucid/, ''),
      outputShape: firstOf(layer.outputShape).slice(1),
      parameterCount: layer.countParams(),
      detail: layerDetail(layer.getConfig()),
      ...(parting && { branchedAt: layers.indexOf(parting) }),
    }
  })
}

/** Of a layer with several outputs the first one's shape. */
const firstOf = (shape: Layer['outputShape']) => (Array.isArray(shape[0]) ? shape[0] : shape) as (number | null)[]

const before = (layer: Layer): Layer[] => layer.inboundNodes[0]?.inboundLayers ?? []

/** The last layer that all branches into `layer` come from; null where only one comes in. */
function partingOf(layer: Layer): Layer | null {
  const branches = before(layer)
  if (branches.length < 2) return null
  const [first, ...others] = branches.map(ancestorsOf)
  // Ancestors come nearest first.
  return [...first!].find((ancestor) => others.every((own) => own.has(ancestor))) ?? null
}

/** A layer and all that it stands on, nearest first. */
function ancestorsOf(layer: Layer): Set<Layer> {
  const found = new Set([layer])
  for (const one of found) for (const earlier of before(one)) found.add(earlier)
  return found
}

type Layer = TensorFlow.layers.Layer
type Config = TensorFlow.serialization.ConfigDict

/** A layer's settings in a few words: '3x3, 32 filters, relu'. */
function layerDetail(config: Config): string {
  const sizes = (value: unknown) => (Array.isArray(value) ? value.join('x') : undefined)
  const words = [
    sizes(config['kernelSize']),
    sizes(config['poolSize']),
    config['filters'] !== undefined && `${String(config['filters'])} filters`,
    config['units'] !== undefined && `${String(config['units'])} units`,
    config['rate'] !== undefined && `silences ${Math.round(Number(config['rate']) * 100)} %`,
    config['activation'] !== undefined && config['activation'] !== 'linear' && String(config['activation']),
  ]
  return words.filter(Boolean).join(', ')
}
