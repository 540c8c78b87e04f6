import { WorkbenchError } from '@shared/errors'
import { inScope, nativeBackend, Recorder } from './recorder'
import { tf, type Tensor } from '../tf'
import { GraphSession } from './graph-session'
import { recordingOf, requireSame } from './recording'

/** How often inputs of one shape are computed op by op before a graph is made for them: making it takes a moment. */
const callsBefore = 4
/** Graphs kept, by their inputs' shapes; the one used longest ago leaves first. */
const keptGraphs = 4
/** Weights go into the graph as constants, which must stay far below protobuf's limit of 2 GB. */
const largestWeights = 100_000_000

/**
 * A pure function of tensors, plain tfjs code, that becomes a graph once it is called often with inputs of one shape.
 * What cannot be recorded stays op by op for good. `constants` are the weights it uses, which must not change afterwards.
 */
export class CompiledFunction {
  readonly #sessions = new Map<string, GraphSession>()
  readonly #calls = new Map<string, number>()
  #isRefused = false

  constructor(
    private readonly compute: (...inputs: Tensor[]) => Tensor,
    private readonly constants: Tensor[],
    private readonly log: (text: string) => void = () => {},
  ) {
    const size = constants.reduce((total, { size: own }) => total + own, 0)
    this.#isRefused = tf.getBackend() !== 'tensorflow' || size > largestWeights
  }

  /** The caller disposes what comes out. */
  call(...inputs: Tensor[]): Tensor {
    const key = inputs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join()
    const session = this.#sessionFor(key, inputs)
    if (!session) return tf.tidy(() => this.compute(...inputs))
    const feeds = inputs.map((tensor, i) => ({ name: `input-${i}`, tensor }))
    return session.runTensors(feeds, ['output'])[0]!
  }

  dispose(): void {
    this.#sessions.forEach((session) => session.dispose())
    this.#sessions.clear()
  }

  #sessionFor(key: string, inputs: Tensor[]): GraphSession | null {
    if (this.#isRefused) return null
    const known = this.#sessions.get(key)
    if (known) {
      this.#sessions.delete(key) // to the end: used last
      this.#sessions.set(key, known)
      return known
    }
    const calls = (this.#calls.get(key) ?? 0) + 1
    this.#calls.set(key, calls)
    return calls > callsBefore ? this.#compile(key, inputs) : null
  }

  #compile(key: string, inputs: Tensor[]): GraphSession | null {
    try {
      const first = this.#record(inputs)
      requireSame(recordingOf(first.graph, ['output']), recordingOf(this.#record(inputs).graph, ['output']))
      const session = new GraphSession(first.graph)
      this.#sessions.set(key, session)
      const [oldest] = this.#sessions
      if (oldest && this.#sessions.size > keptGraphs) {
        this.#sessions.delete(oldest[0])
        oldest[1].dispose()
      }
      return session
    } catch (error) {
      if (!(error instanceof WorkbenchError) || error.code !== 'incompatible') throw error
      this.#isRefused = true
      this.log(`Computed op by op: ${error.message}`)
      return null
    }
  }

  #record(inputs: Tensor[]): Recorder {
    nativeBackend()
    const recorder = new Recorder()
    inScope(() => {
      const examples = inputs.map((tensor) => tf.mul(tensor, 1))
      examples.forEach((example, i) => recorder.input(`input-${i}`, example, example.shape))
      this.constants.forEach((tensor, i) => recorder.freeze(`constant-${i}`, tensor))
      recorder.output(
        'output',
        recorder.record(() => this.compute(...examples)),
      )
    })
    return recorder
  }
}
