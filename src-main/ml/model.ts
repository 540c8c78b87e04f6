import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import type { GraphSizes } from './decode/graph/pack'
import { writeDurably } from './durable-file'
import type { Encoding } from './encode/encoding'
import { graphWeights } from './encode/graph'
import type { Family } from './families/define'
import { outputsOf } from './objective'
import type { NamedArray } from './safetensors'
import { familyNamed, type RunParams } from './settings'
import type { TargetScale } from './target-scale'
import { tf, type LayersModel } from './tf'

/** What it takes to build a run's network again; kept in its folder as `network.json`. */
export interface ModelSpec {
  family: string
  params: RunParams
  inputShape: number[]
  encoding: Encoding
  /** Where a number is predicted. */
  target?: TargetScale
}

const fileName = 'network.json'

export async function saveModelSpec(runDir: string, spec: ModelSpec): Promise<void> {
  await writeDurably(join(runDir, fileName), [Buffer.from(JSON.stringify(spec))])
}

/** Null when the run never got as far as fitting its encoding. */
export async function loadModelSpec(runDir: string): Promise<ModelSpec | null> {
  try {
    return JSON.parse(await readFile(join(runDir, fileName), 'utf8')) as ModelSpec
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** Builds a family's network; the same seed gives the same weights. Dispose it after use. */
export function buildModel(
  family: Family,
  params: RunParams,
  inputShape: number[],
  classes: number,
  graph?: GraphSizes | null,
): LayersModel {
  const classCount = outputsOf(params, classes)
  const input = { params: params as never, inputShape, classCount, seed: params.seed }
  return family.build(graph ? { ...input, graph } : input)
}

/** Sizes of the graph that a network holds. */
export const graphOf = ({ encoding }: Pick<ModelSpec, 'encoding'>): GraphSizes | null =>
  encoding.kind === 'graph' ? encoding.sizes : null

/** Weights that a network learns, batch normalisation's averages among them; a graph that it holds does not count. */
export const parameterCountOf = (model: LayersModel): number =>
  model.layers.reduce((sum, layer) => sum + layer.countParams(), 0)

/** Weights that a run's network begins with: trained ones, or the graph that it holds; none where all are drawn. */
export async function startingWeights(spec: ModelSpec, classCount: number): Promise<NamedArray[]> {
  const { params, inputShape, encoding } = spec
  if (encoding.kind === 'graph') return graphWeights(encoding)
  const given = familyNamed(spec.family).startingWeights?.({ params, inputShape, classCount, seed: params.seed })
  return (await given) ?? []
}

/** As `buildModel` with all weights zero: shapes and counts at no cost of drawing numbers. */
export function buildOutline(...input: Parameters<typeof buildModel>): LayersModel {
  const layer = tf.layers.Layer.prototype as unknown as { addWeight(...args: unknown[]): unknown }
  const original = layer.addWeight
  const zeros = tf.initializers.zeros()
  layer.addWeight = function (name, shape, dtype, _initializer, ...rest) {
    return original.call(this, name, shape, dtype, zeros, ...rest)
  }
  try {
    return buildModel(...input)
  } finally {
    layer.addWeight = original
  }
}

/** Runs `work` on the engine and turns its running out of memory into an error that says what helps. */
export async function withMemoryAdvice<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof WorkbenchError || !/OOM|out of memory|bad_alloc|Array buffer allocation/i.test(String(error)))
      throw error
    throw new WorkbenchError(
      'out_of_memory',
      'The machine ran out of memory. Take a smaller batch, smaller pictures or a smaller network.',
      { reason: String(error) },
    )
  }
}
