import type { GraphSizes } from '../../decode/graph/pack'
import { GraphSource } from '../../layers/graph'
import type { RunParams } from '../../settings'
import { familyNamed } from '../../settings'
import { buildModel, buildOutline } from '../../model'
import type { LayersModel, Tensor } from '../../tf'
import type { TensorFlow } from '../../tf'

type Layer = TensorFlow.layers.Layer

/** Layers with something learnt; the graph that a network holds is given, and comes along apart. */
const learnt = (model: LayersModel): Layer[] =>
  model.layers.filter((layer) => layer.weights.length > 0 && !(layer instanceof GraphSource))
const given = (model: LayersModel): Layer[] => model.layers.filter((layer) => layer instanceof GraphSource)

/** Depths of the cascade at most: a network of many layers is randomised in as many strides. */
const mostDepths = 4

/** How many layers, counted from the output, have lost what they learnt at each step: the last one first, all at the end. */
export function cascadeDepths(count: number): number[] {
  const strides = Math.min(count, mostDepths)
  if (strides <= 1) return [count]
  const depths = Array.from({ length: strides }, (_, i) => Math.round(1 + (i * (count - 1)) / (strides - 1)))
  return [...new Set(depths)]
}

export interface Randomised {
  model: LayersModel
  /** Names of the layers that were randomised, from the output down. */
  layers: string[]
  share: number
}

/**
 * The trained network with its layers set back to random start values, one after the other from the output down
 * (cascading randomisation, Adebayo et al. 2018). One model that changes between the steps and is disposed at the end.
 */
export function* cascade(
  {
    family,
    params,
    model,
    inputShape,
    graph,
  }: { family: string; params: RunParams; model: LayersModel; inputShape: number[]; graph?: GraphSizes | null },
  seed: number,
): Generator<Randomised> {
  const classes = model.outputs[0]!.shape[1]!
  const fresh = buildModel(familyNamed(family), { ...params, seed }, inputShape, classes, graph)
  const working = buildOutline(familyNamed(family), params, inputShape, classes, graph)
  try {
    const [from, to, random] = [learnt(model), learnt(working), learnt(fresh)]
    to.forEach((layer, i) => copyWeights(from[i]!, layer))
    given(working).forEach((layer, i) => copyWeights(given(model)[i]!, layer))
    let done = 0
    for (const depth of cascadeDepths(to.length)) {
      for (; done < depth; done++) copyWeights(random.at(-1 - done)!, to.at(-1 - done)!)
      const names = to.slice(to.length - depth).map(({ name }) => name)
      yield { model: working, layers: names.reverse(), share: depth / to.length }
    }
  } finally {
    fresh.dispose()
    working.dispose()
  }
}

// A layer hands out its own variables: they are not disposed.
const copyWeights = (from: Layer, to: Layer) => to.setWeights(from.getWeights() as Tensor[])
