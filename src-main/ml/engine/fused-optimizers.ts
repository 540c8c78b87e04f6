import { after, typeAttribute, type Attribute, type GraphBuilder } from './graph-builder'

/** What the update of one weight works on, as names in the graph. */
export interface UpdateSite {
  graph: GraphBuilder
  /** Handles of the variables. */
  weight: string
  slots: string[]
  /** The slots' values before the step. */
  slotValues: string[]
  gradient: string
  /** This step's numbers, as `scalars` gave them. */
  scalars: string[]
  /** What must be done before anything is overwritten ('^node'). */
  gate: string
}

/**
 * An optimizer as TensorFlow's fused kernels, one pass over each weight. Its slots are those of the eager optimizer of that
 * name, weight by weight.
 */
export interface FusedOptimizer {
  slotCount: number
  scalarCount: number
  /** Numbers of the step with this number (from 1), computed in double precision; the first is proportional to the rate. */
  scalars(learningRate: number, step: number): number[]
  /** Adds the update; returns what to wait for. */
  apply(site: UpdateSite): string[]
}

const float = typeAttribute('float32')
const unlocked: Attribute = { kind: 'bool', value: false }

const sgd: FusedOptimizer = {
  slotCount: 0,
  scalarCount: 1,
  scalars: (learningRate) => [learningRate],
  apply: ({ graph, weight, scalars, gradient, gate }) => [
    after(
      graph.add('ResourceApplyGradientDescent', [weight, scalars[0]!, gradient, gate], {
        T: float,
        use_locking: unlocked,
      }),
    ),
  ],
}

const heavyBall = (momentum: number): FusedOptimizer => ({
  slotCount: 1,
  scalarCount: 1,
  scalars: (learningRate) => [learningRate],
  apply({ graph, weight, slots, scalars, gradient, gate }) {
    const attributes = { T: float, use_locking: unlocked, use_nesterov: unlocked }
    const inputs = [weight, slots[0]!, scalars[0]!, gradient, graph.scalar(momentum), gate]
    return [after(graph.add('ResourceApplyMomentum', inputs, attributes))]
  },
})

/** Out of single ops: TensorFlow's own kernel adds epsilon under the root, ours beside it. */
const rmsprop = (rho: number, epsilon: number): FusedOptimizer => ({
  slotCount: 1,
  scalarCount: 1,
  scalars: (learningRate) => [learningRate],
  apply({ graph, weight, slots, slotValues, scalars, gradient, gate }) {
    const op = (name: string, ...inputs: string[]) => graph.add(name, inputs, { T: float })
    const kept = op('Mul', slotValues[0]!, graph.scalar(rho))
    const square = op('AddV2', kept, op('Mul', op('Square', gradient), graph.scalar(1 - rho)))
    const quotient = op('RealDiv', gradient, op('AddV2', op('Sqrt', square), graph.scalar(epsilon)))
    const change = op('Mul', scalars[0]!, quotient)
    return [
      after(graph.add('AssignVariableOp', [slots[0]!, square, gate], { dtype: float })),
      after(graph.add('AssignSubVariableOp', [weight, change, gate], { dtype: float })),
    ]
  },
})

/**
 * TensorFlow's kernel adds epsilon before it corrects the averages' bias, the paper after: with the rate and epsilon scaled
 * here, and the kernel's own correction off (beta powers of zero), both are the same.
 */
const adam = (beta1: number, beta2: number, epsilon: number): FusedOptimizer => ({
  slotCount: 2,
  scalarCount: 2,
  scalars(learningRate, step) {
    const root = Math.sqrt(1 - beta2 ** step)
    return [(learningRate * root) / (1 - beta1 ** step), epsilon * root]
  },
  apply({ graph, weight, slots, scalars, gradient, gate }) {
    const zero = graph.scalar(0)
    const betas = [graph.scalar(beta1), graph.scalar(beta2)]
    const inputs = [weight, ...slots, zero, zero, scalars[0]!, ...betas, scalars[1]!, gradient, gate]
    const attributes = { T: float, use_locking: unlocked, use_nesterov: unlocked }
    return [after(graph.add('ResourceApplyAdam', inputs, attributes))]
  },
})

export const fusedOptimizers = { sgd, heavyBall, rmsprop, adam }

/** Decay apart from the gradient (Loshchilov & Hutter, 2019): w -= rate * decay * w before the update. */
export function decayWeight(site: UpdateSite & { weightValue: string; share: string }): string {
  const { graph, weight, weightValue, share, gate } = site
  const change = graph.add('Mul', [weightValue, share], { T: float })
  return after(graph.add('AssignSubVariableOp', [weight, change, gate], { dtype: float }))
}

/** As `inner`, with a last slot that follows the weights: average = decay * average + (1 - decay) * weight after the step. */
export const averaging = (inner: FusedOptimizer, decay: number): FusedOptimizer => ({
  ...inner,
  slotCount: inner.slotCount + 1,
  apply(site) {
    const { graph, weight, slots, slotValues, gate } = site
    const done = inner.apply({ ...site, slots: slots.slice(0, -1), slotValues: slotValues.slice(0, -1) })
    const op = (name: string, ...inputs: string[]) => graph.add(name, inputs, { T: float })
    const moved = graph.add('ReadVariableOp', [weight, ...done], { dtype: float })
    const kept = op('Mul', slotValues.at(-1)!, graph.scalar(decay))
    const average = op('AddV2', kept, op('Mul', moved, graph.scalar(1 - decay)))
    return [...done, after(graph.add('AssignVariableOp', [slots.at(-1)!, average, gate], { dtype: float }))]
  },
})
