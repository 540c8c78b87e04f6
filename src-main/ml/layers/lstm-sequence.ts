import { tf, type Tensor, type Tensors } from '../tf'
import { isNative, nativeOp } from './native-op'
import { asRows, asSequence, previous, product, throughSigmoid, throughTanh, withGradient } from './sequence-ops'

export interface LstmWeights {
  /** [features + units, 4 * units], first the rows for the input, then those for the state; gates i, f, g, o. */
  kernel: Tensor
  /** [4 * units] */
  bias: Tensor
}

/** What each step computed, every one [time, batch, units]: three gates, the candidate, cells, their tanh, outputs. */
interface Steps {
  i: Tensor
  f: Tensor
  g: Tensor
  o: Tensor
  cells: Tensor
  tanhCells: Tensor
  outputs: Tensor
}

/**
 * Long short-term memory (Hochreiter & Schmidhuber, 1997, with the forget gate of Gers et al., 2000) over a whole sequence,
 * by the formulas of PyTorch and Keras:
 * i, f, o = σ(W [x, h] + b); g = tanh(W [x, h] + b); c = f c' + i g; h = o tanh c.
 * @param x [time, batch, features]
 * @param h0 [batch, units], as is `c0`
 * @returns the outputs h [time, batch, units], or `withCells` [time, batch, 2 * units]: h, then c, of each step
 */
export function lstmSequence(
  x: Tensor,
  [h0, c0]: [Tensor, Tensor],
  { kernel, bias }: LstmWeights,
  withCells: boolean,
): Tensor {
  const units = h0.shape[1]!
  return withGradient((inputs, save) => {
    const steps = isNative() ? fusedSteps(inputs) : plainSteps(inputs)
    const { i, f, g, o, cells, tanhCells, outputs } = steps
    save([...inputs, i, f, g, o, cells, tanhCells, outputs])
    const value = withCells ? tf.concat([outputs, cells], 2) : outputs
    return { value, gradients: (upstream, saved) => gradientsOf(upstream, saved, units) }
  })(x, h0, c0, kernel, bias)
}

/** All steps in one op of TensorFlow. */
function fusedSteps([x, h0, c0, kernel, bias]: Tensor[]): Steps {
  const noPeephole = tf.zeros([h0!.shape[1]!])
  const attributes = { types: { T: 'float32' as const }, numbers: { cell_clip: 0 }, flags: { use_peephole: false } }
  const inputs = [x!.shape[0]!, x!, c0!, h0!, kernel!, noPeephole, noPeephole, noPeephole, bias!]
  const [i, cells, f, o, g, tanhCells, outputs] = nativeOp('BlockLSTMV2', attributes, inputs, 7) as Tensors<7>
  return { i, f, g, o, cells, tanhCells, outputs }
}

/** The same, step by step. */
function plainSteps([x, h0, c0, kernel, bias]: Tensor[]): Steps {
  const [time, , features] = x!.shape as [number, number, number]
  const units = h0!.shape[1]!
  const [inputKernel, stateKernel] = tf.split(gatesFirst(kernel!), [features, units], 0) as Tensors<2>
  const projected = tf.unstack(asSequence(tf.add(product(asRows(x!), inputKernel), gatesFirst(bias!)), time))
  const made: [Tensor[], Tensor[], Tensor[], Tensor[], Tensor[]] = [[], [], [], [], []]
  let [h, c] = [h0!, c0!]
  for (const part of projected) {
    const sums = tf.add(part, product(h, stateKernel))
    const [forGates, forCandidate] = tf.split(sums, [3 * units, units], 1) as Tensors<2>
    const gates = tf.sigmoid(forGates)
    const g = tf.tanh(forCandidate)
    const [i, f, o] = tf.split(gates, 3, 1) as Tensors<3>
    c = tf.add(tf.mul(f, c), tf.mul(i, g))
    const tanhC = tf.tanh(c)
    h = tf.mul(o, tanhC)
    ;[gates, g, c, tanhC, h].forEach((value, k) => made[k]!.push(value))
  }
  const [gates, g, cells, tanhCells, outputs] = made.map((steps) => tf.stack(steps)) as Tensors<5>
  const [i, f, o] = tf.split(gates, 3, 2) as Tensors<3>
  return { i, f, g, o, cells, tanhCells, outputs }
}

/** The candidate's columns behind those of the gates, so that one sigmoid serves all three gates. */
function gatesFirst(weights: Tensor): Tensor {
  const [i, f, g, o] = tf.split(weights, 4, -1) as Tensors<4>
  return tf.concat([i, f, o, g], -1)
}

/**
 * Back through time. A step's gradient is linear in what comes from the step after it, so all factors are computed over
 * the whole sequence first; the loop holds only what must wait for the next step, and the kernels' gradients are one
 * product each at the end.
 */
function gradientsOf(upstream: Tensor, saved: Tensor[], units: number): Tensor[] {
  const [x, h0, c0, kernel, , i, f, g, o, cells, tanhCells, outputs] = saved as Tensors<12>
  const [time, , features] = x.shape as [number, number, number]
  const [inputKernel, stateKernel] = tf.split(kernel, [features, units], 0) as Tensors<2>
  const isWithCells = upstream.shape[2]! > units
  const parts = isWithCells ? tf.split(upstream, 2, 2) : [upstream]
  const [fromOutputs, fromCells] = parts.map((part) => tf.unstack(part)) as [Tensor[], Tensor[]?]
  const factors = [
    throughSigmoid(i, g),
    throughSigmoid(f, previous(c0, cells)),
    throughTanh(g, i),
    throughSigmoid(o, tanhCells),
  ]
  const gateFactors = tf.unstack(tf.concat(factors, 2))
  const outputToCell = tf.unstack(throughTanh(tanhCells, o))
  const forget = tf.unstack(f)
  const backKernel = tf.transpose(stateKernel)
  const atGates: Tensor[] = []
  let dh: Tensor | null = null
  let dc: Tensor | null = null
  for (let t = time - 1; t >= 0; t--) {
    const atOutput = sum(fromOutputs[t]!, dh)
    const atCell = sum(sum(tf.mul(atOutput, outputToCell[t]!), dc), fromCells?.[t] ?? null)
    atGates[t] = tf.mul(tf.concat([atCell, atCell, atCell, atOutput], 1), gateFactors[t]!)
    dh = product(atGates[t]!, backKernel)
    dc = tf.mul(atCell, forget[t]!)
  }
  const rows = tf.concat(atGates, 0)
  const read = tf.concat([asRows(x), asRows(previous(h0, outputs))], 1)
  const dx = asSequence(product(rows, inputKernel, { b: true }), time)
  return [dx, dh!, dc!, product(read, rows, { a: true }), tf.sum(rows, 0)]
}

const sum = (a: Tensor, b: Tensor | null): Tensor => (b ? tf.add(a, b) : a)
