import { tf, type Tensor, type Tensors } from '../tf'
import {
  asRows,
  asSequence,
  previous,
  product,
  throughSigmoid,
  throughTanh,
  withGradient,
  type Gradients,
} from './sequence-ops'

/** Gates in the order update (z), reset (r), candidate (n), as Keras has them. */
export interface GruWeights {
  /** [features, 3 * units] */
  inputKernel: Tensor
  /** [units, 3 * units] */
  stateKernel: Tensor
  /** [3 * units], added to what the input gives. */
  inputBias: Tensor
  /** [3 * units], added to what the state gives: inside the reset's reach where the reset comes after. */
  stateBias: Tensor
}

/**
 * Where the reset gate acts. `after`: n = tanh(Wx + r (Uh + b)), as PyTorch, cuDNN and today's Keras have it. `before`:
 * n = tanh(Wx + U(r h) + b), the paper's form.
 */
export type ResetGate = 'after' | 'before'

/**
 * Gated recurrent unit (Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014) over a whole
 * sequence: z, r = σ(Wx + Uh + b); n as `reset` says; h = (1 - z) n + z h'.
 * @param x [time, batch, features]
 * @param h0 [batch, units]
 * @returns h of each step [time, batch, units]
 */
export function gruSequence(x: Tensor, h0: Tensor, weights: GruWeights, reset: ResetGate): Tensor {
  const { inputKernel, stateKernel, inputBias, stateBias } = weights
  const compute = reset === 'after' ? resetAfter : resetBefore
  return withGradient(compute)(x, h0, inputKernel, stateKernel, inputBias, stateBias)
}

type Compute = Parameters<typeof withGradient>[0]

/** What the inputs give to the gates [batch, 2 * units] and the candidate [batch, units] of each step. */
function projections(x: Tensor, kernel: Tensor, bias: Tensor, units: number): [Tensor[], Tensor[]] {
  const projected = asSequence(tf.add(product(asRows(x), kernel), bias), x.shape[0]!)
  return tf.split(projected, [2 * units, units], 2).map((part) => tf.unstack(part)) as [Tensor[], Tensor[]]
}

/** (1 - z) n + z h, by one product less */
const blend = (z: Tensor, n: Tensor, h: Tensor): Tensor => tf.add(n, tf.mul(z, tf.sub(h, n)))

const resetAfter: Compute = (inputs, save) => {
  const [x, h0, inputKernel, stateKernel, inputBias, stateBias] = inputs as Tensors<6>
  const units = h0.shape[1]!
  const [toGates, toCandidate] = projections(x, inputKernel, inputBias, units)
  const made: [Tensor[], Tensor[], Tensor[], Tensor[]] = [[], [], [], []]
  let h = h0
  toGates.forEach((part, t) => {
    const [forGates, forCandidate] = tf.split(
      tf.add(product(h, stateKernel), stateBias),
      [2 * units, units],
      1,
    ) as Tensors<2>
    const gates = tf.sigmoid(tf.add(part, forGates))
    const [z, r] = tf.split(gates, 2, 1) as Tensors<2>
    const n = tf.tanh(tf.add(toCandidate[t]!, tf.mul(r, forCandidate)))
    h = blend(z, n, h)
    ;[gates, forCandidate, n, h].forEach((value, k) => made[k]!.push(value))
  })
  const [gates, forCandidate, n, outputs] = made.map((steps) => tf.stack(steps)) as Tensors<4>
  save([x, h0, inputKernel, stateKernel, gates, forCandidate, n, outputs])
  return { value: outputs, gradients: resetAfterGradients }
}

/**
 * A step's gradient is linear in what comes from the step after it: all factors are computed over the whole sequence
 * first, so that the loop holds only what must wait for the next step.
 */
const resetAfterGradients: Gradients = (upstream, saved) => {
  const [x, h0, inputKernel, stateKernel, gates, forCandidate, n, outputs] = saved as Tensors<8>
  const units = h0.shape[1]!
  const before = previous(h0, outputs)
  const [z, r] = tf.split(gates, 2, 2) as Tensors<2>
  const toCandidate = throughTanh(n, tf.sub(1, z))
  const toReset = throughSigmoid(r, tf.mul(toCandidate, forCandidate))
  const factors = [throughSigmoid(z, tf.sub(before, n)), toReset, tf.mul(toCandidate, r)]
  const stepFactors = tf.unstack(tf.concat(factors, 2))
  const [fromOutputs, keep] = [tf.unstack(upstream), tf.unstack(z)]
  const backKernel = tf.transpose(stateKernel)
  const [atOutputs, atState]: [Tensor[], Tensor[]] = [[], []]
  let dh: Tensor | null = null
  for (let t = stepFactors.length - 1; t >= 0; t--) {
    const at: Tensor = dh ? tf.add(fromOutputs[t]!, dh) : fromOutputs[t]!
    const through: Tensor = tf.mul(tf.concat([at, at, at], 1), stepFactors[t]!)
    dh = tf.add(product(through, backKernel), tf.mul(at, keep[t]!))
    atOutputs[t] = at
    atState[t] = through
  }
  const stateRows = tf.concat(atState, 0)
  const candidateRows = tf.mul(tf.concat(atOutputs, 0), asRows(toCandidate))
  const gateRows = tf.slice(stateRows, [0, 0], [-1, 2 * units])
  const inputRows = tf.concat([gateRows, candidateRows], 1)
  return [
    asSequence(product(inputRows, inputKernel, { b: true }), x.shape[0]!),
    dh!,
    product(asRows(x), inputRows, { a: true }),
    product(asRows(before), stateRows, { a: true }),
    tf.sum(inputRows, 0),
    tf.sum(stateRows, 0),
  ]
}

const resetBefore: Compute = (inputs, save) => {
  const [x, h0, inputKernel, stateKernel, inputBias, stateBias] = inputs as Tensors<6>
  const units = h0.shape[1]!
  const [toGates, toCandidate] = projections(x, inputKernel, tf.add(inputBias, stateBias), units)
  const [gateKernel, candidateKernel] = tf.split(stateKernel, [2 * units, units], 1) as Tensors<2>
  const made: [Tensor[], Tensor[], Tensor[]] = [[], [], []]
  let h = h0
  toGates.forEach((part, t) => {
    const gates = tf.sigmoid(tf.add(part, product(h, gateKernel)))
    const [z, r] = tf.split(gates, 2, 1) as Tensors<2>
    const n = tf.tanh(tf.add(toCandidate[t]!, product(tf.mul(r, h), candidateKernel)))
    h = blend(z, n, h)
    ;[gates, n, h].forEach((value, k) => made[k]!.push(value))
  })
  const [gates, n, outputs] = made.map((steps) => tf.stack(steps)) as Tensors<3>
  save([x, h0, inputKernel, stateKernel, gates, n, outputs])
  return { value: outputs, gradients: resetBeforeGradients }
}

const resetBeforeGradients: Gradients = (upstream, saved) => {
  const [x, h0, inputKernel, stateKernel, gates, n, outputs] = saved as Tensors<7>
  const units = h0.shape[1]!
  const before = previous(h0, outputs)
  const [z, r] = tf.split(gates, 2, 2) as Tensors<2>
  const toUpdate = tf.unstack(throughSigmoid(z, tf.sub(before, n)))
  const toCandidate = tf.unstack(throughTanh(n, tf.sub(1, z)))
  const toReset = tf.unstack(throughSigmoid(r, before))
  const [fromOutputs, keep, resets] = [upstream, z, r].map((each) => tf.unstack(each)) as [Tensor[], Tensor[], Tensor[]]
  const [gateKernel, candidateKernel] = tf
    .split(stateKernel, [2 * units, units], 1)
    .map((part) => tf.transpose(part)) as Tensors<2>
  const [atGates, atCandidate]: [Tensor[], Tensor[]] = [[], []]
  let dh: Tensor | null = null
  for (let t = keep.length - 1; t >= 0; t--) {
    const at: Tensor = dh ? tf.add(fromOutputs[t]!, dh) : fromOutputs[t]!
    atCandidate[t] = tf.mul(at, toCandidate[t]!)
    const atScaled: Tensor = product(atCandidate[t]!, candidateKernel)
    atGates[t] = tf.concat([tf.mul(at, toUpdate[t]!), tf.mul(atScaled, toReset[t]!)], 1)
    const direct: Tensor = tf.add(tf.mul(at, keep[t]!), tf.mul(atScaled, resets[t]!))
    dh = tf.add(product(atGates[t]!, gateKernel), direct)
  }
  const [gateRows, candidateRows] = [tf.concat(atGates, 0), tf.concat(atCandidate, 0)]
  const rows = tf.concat([gateRows, candidateRows], 1)
  const toGateKernel = product(asRows(before), gateRows, { a: true })
  const toCandidateKernel = product(asRows(tf.mul(before, r)), candidateRows, { a: true })
  const bias = tf.sum(rows, 0)
  return [
    asSequence(product(rows, inputKernel, { b: true }), x.shape[0]!),
    dh!,
    product(asRows(x), rows, { a: true }),
    tf.concat([toGateKernel, toCandidateKernel], 1),
    bias,
    bias,
  ]
}
