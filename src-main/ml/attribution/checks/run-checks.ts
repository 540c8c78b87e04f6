import type { CheckFound, MapChecks } from '@shared/schemas/explanation'
import type { Params } from '@shared/schemas/run'
import type { TensorData } from '@shared/tensor-data'
import { forward } from '../../evaluate'
import { tf, type LayersModel, type Tensor } from '../../tf'
import type { TrainedModel } from '../../trained'
import type { SampleAttribution } from '../define'
import type { CheckInput, MapCheck } from './define'

interface Asked {
  method: SampleAttribution
  params: Params
  /** The sample as the network takes it, [1, ...inputShape]. */
  encoded: Tensor
  /** Class index explained. */
  target: number
  map: TensorData
  signal: AbortSignal
  progress(done: number, total: number): void
}

/** Numbers of a sample that go together: a picture's pixels, the steps of a series, a table's fields, else each by itself. */
export function placesOf(shape: number[], fields?: TrainedModel['fields']): Int32Array[] {
  if (fields) return fields.map(({ columns }) => Int32Array.from(columns))
  const size = shape.reduce((product, length) => product * length, 1)
  const channels = shape.length > 1 ? shape.at(-1)! : 1
  return Array.from({ length: size / channels }, (_, i) =>
    Int32Array.from({ length: channels }, (_, k) => i * channels + k),
  )
}

/** What each place is worth: a map of the input's shape summed over what goes together; one by place as it is. */
export function scoresOf(values: ArrayLike<number>, places: Int32Array[], inputSize: number): Float64Array {
  if (values.length !== inputSize) return Float64Array.from(values)
  return Float64Array.from(places, (offsets) => offsets.reduce((sum, offset) => sum + values[offset]!, 0))
}

interface Seen {
  input: Tensor
  /** What absent means to the network. */
  baseline: Tensor
  logits(input: Tensor): Tensor
  gradient?(inputs: Tensor, target: number): Tensor
}

/** How a method is asked for the map of another sample or network, with the settings that cost less. */
function asker(
  trained: TrainedModel,
  seen: Seen,
  { method, params, encoded, target, signal }: Asked,
  places: Int32Array[],
) {
  const coarse = method.coarse?.(params, seen.input.shape.slice(1)) ?? params
  return async ({ input = seen.input, model }: { input?: Tensor; model?: LayersModel }) => {
    const network = model && ((x: Tensor) => forward(model, x))
    const other = model && trained.view?.(encoded, model)
    try {
      const found = await method.attribute({
        logits: other?.logits ?? network ?? seen.logits,
        model: model ?? trained.model,
        ...(!network && !trained.view && { gradient: trained.gradient }),
        ...((other ?? seen).gradient && { gradient: (other ?? seen).gradient }),
        input,
        baseline: seen.baseline,
        target,
        params: coarse,
        fields: trained.fields,
        signal,
        progress: () => {},
      })
      const values = await found.data<'float32'>()
      found.dispose()
      return scoresOf(values, places, seen.input.size)
    } finally {
      if (other) tf.dispose([other.input, other.baseline])
    }
  }
}

/** What the checks see of a map. The caller disposes `baseline`. */
function checkInput(trained: TrainedModel, seen: Seen, asked: Asked): CheckInput {
  const { method, params, target, map, signal, progress } = asked
  const { model, family, inputShape, graph } = trained
  const shape = seen.input.shape.slice(1)
  const places = placesOf(shape, trained.fields)
  const attribute = asker(trained, seen, asked, places)
  let reference: Promise<Float64Array> | null = null
  return {
    method,
    trained: { family, params: trained.params, model, inputShape, graph, logits: seen.logits },
    input: seen.input,
    baseline: method.baselineOf?.(params, seen.input, seen.baseline) ?? seen.baseline.clone(),
    target,
    places,
    scores: scoresOf(map.data, places, seen.input.size),
    sum: Array.from(map.data).reduce((sum, value) => sum + value, 0),
    size: shape.length === 3 ? [shape[0]!, shape[1]!] : null,
    isSigned: method.isSignedWith?.(params) ?? method.signed,
    attribute: (change) => (change.input || change.model ? attribute(change) : (reference ??= attribute({}))),
    signal,
    progress,
  }
}

/** Puts a map to every check that concerns its method; `overall` is the worst verdict. */
export async function runChecks(
  trained: TrainedModel,
  checks: Iterable<MapCheck>,
  asked: Asked,
): Promise<Pick<MapChecks, 'overall' | 'checks'>> {
  const chosen = [...checks].filter(({ concerns }) => concerns(asked.method))
  const view = trained.view?.(asked.encoded)
  const { logits } = view ?? trained
  const seen = {
    input: view?.input ?? asked.encoded,
    baseline: view?.baseline ?? trained.baseline(),
    logits,
    gradient: view?.gradient,
  }
  const input = checkInput(trained, seen, asked)
  const found: CheckFound[] = []
  try {
    for (const [i, { id, title, question, reference, run }] of chosen.entries()) {
      const progress = (done: number, total: number) =>
        asked.progress(Math.round((100 * (i + done / total)) / chosen.length), 100)
      found.push({ id, title, question, reference, ...(await run({ ...input, progress })) })
    }
  } finally {
    tf.dispose([seen.baseline, input.baseline, ...(view ? [view.input] : [])])
  }
  const worst = (['fails', 'doubtful', 'passes'] as const).find((verdict) =>
    found.some((one) => one.verdict === verdict),
  )
  return { overall: worst ?? 'passes', checks: found }
}
