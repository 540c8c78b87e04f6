import { WorkbenchError } from '@shared/errors'
import { argMax } from '@shared/metrics/classification'
import type { FieldValue } from '@shared/schemas/dataset'
import type { Explanation } from '@shared/schemas/explanation'
import type { Params } from '@shared/schemas/run'
import { tensorData } from '@shared/tensor-data'
import type { AttributionMethod, SampleAttribution } from './attribution/define'
import { probabilityRows } from './evaluate'
import { parseParams } from './params'
import type { PredictInput } from './snapshot'
import { tf, type Tensor } from './tf'
import type { TrainedModel } from './trained'

export interface ExplainRequest {
  sample: PredictInput
  params: Params
  /** Class name, or null for the predicted one. */
  targetClass: string | null
}

export type SampleExplanation = Omit<Explanation, 'runId' | 'sampleId' | 'isCached'>

interface Options {
  signal: AbortSignal
  progress(done: number, total: number): void
}

/** Throws `incompatible` with the reason when the method does not fit this model. */
export function requireFit(method: AttributionMethod, trained: TrainedModel): void {
  const { modality } = trained.meta
  const why =
    (!method.modalities.includes(modality) && `it is for ${method.modalities.join(' and ')} data`) ||
    (method.families.length > 0 &&
      !method.families.includes(trained.family) &&
      `it works with ${method.families.join(', ')}, and this run is ${trained.family}`) ||
    (method.scope === 'sample' ? method.whyIncompatible?.(trained.model) : null)
  if (why) throw new WorkbenchError('incompatible', `${method.title} does not fit this run: ${why}.`)
}

/** Explains one class's logit of one sample: attributions, what the model saw, and how exactly the parts add up. */
export async function explainSample(
  trained: TrainedModel,
  method: SampleAttribution,
  { sample, params: raw, targetClass }: ExplainRequest,
  { signal, progress }: Options,
): Promise<SampleExplanation> {
  requireFit(method, trained)
  const startedAt = Date.now()
  const params = parseParams(method.params, raw, method.title) as Params
  const { classes } = trained.meta
  const encoded = await trained.encode([sample], signal)
  const view = trained.view?.(encoded)
  const input = view?.input ?? encoded
  const baseline = view?.baseline ?? trained.baseline()
  let map: Tensor | null = null
  let compared: Tensor | undefined
  try {
    compared = method.baselineOf?.(params, input, baseline)
    const [row] = probabilityRows(() => trained.logits(encoded))
    const predicted = argMax(row!)
    const target = targetClass === null ? predicted : classes.indexOf(targetClass)
    if (target < 0)
      throw new WorkbenchError('not_found', `This run has no class "${targetClass}"; it has ${classes.join(', ')}.`)
    const { model } = trained
    const { logits, gradient } = view ? { logits: view.logits, gradient: view.gradient } : trained
    const { fields } = trained
    const explained = { input, target, params, baseline, logits, gradient, model, fields }
    map = await method.attribute({ ...explained, signal, progress })
    const signed = method.isSignedWith?.(params) ?? method.signed
    if (view?.perPart) {
      const parts = view.perPart(map, signed)
      map.dispose()
      map = parts
    }
    const values = await map.data<'float32'>()
    const [min, max] = extent(values)
    return {
      method: method.id,
      params,
      target: classes[target]!,
      predicted: classes[predicted]!,
      probabilities: Object.fromEntries(classes.map((name, k) => [name, row![k]!])),
      attribution: tensorData(map.shape, values),
      input: view?.shown ?? tensorData(input.shape.slice(1), await input.data<'float32'>()),
      signed,
      min,
      max,
      convergenceDelta: method.complete ? completenessGap(logits, input, compared ?? baseline, target, values) : null,
      ...trained.read?.(sample),
      ...(trained.fields && { fields: byField(trained, sample, values) }),
      seconds: (Date.now() - startedAt) / 1000,
    }
  } finally {
    tf.dispose([encoded, input, baseline])
    map?.dispose()
    compared?.dispose()
  }
}

function extent(values: Float32Array): [number, number] {
  let [min, max] = [Infinity, -Infinity]
  for (const value of values) {
    if (value < min) min = value
    if (value > max) max = value
  }
  return [min, max]
}

/** |sum of attributions - (f(input) - f(baseline))|, in logits. */
function completenessGap(
  logits: TrainedModel['logits'],
  input: Tensor,
  baseline: Tensor,
  target: number,
  values: Float32Array,
): number {
  const [at, without] = tf.tidy(() =>
    logits(tf.concat([input, baseline]))
      .slice([0, target], [-1, 1])
      .dataSync(),
  ) as Float32Array
  return Math.abs(values.reduce((sum, value) => sum + value, 0) - (at! - without!))
}

/** Attributions of a field's encoded columns summed, largest magnitude first. */
function byField(trained: TrainedModel, sample: PredictInput, values: Float32Array) {
  return trained
    .fields!.map(({ name, columns }) => ({
      name,
      value: (sample.values?.[name] ?? null) as FieldValue,
      attribution: columns.reduce((sum, column) => sum + values[column]!, 0),
    }))
    .sort((a, b) => Math.abs(b.attribution) - Math.abs(a.attribution))
}

/** The method of that id and scope; `not_found` names those there are. */
export function methodNamed<S extends AttributionMethod['scope']>(
  methods: ReadonlyMap<string, AttributionMethod>,
  id: string,
  scope: S,
): Extract<AttributionMethod, { scope: S }> {
  const method = methods.get(id)
  if (method?.scope === scope) return method as Extract<AttributionMethod, { scope: S }>
  const known = [...methods.values()].filter((one) => one.scope === scope).map((one) => one.id)
  throw new WorkbenchError(
    'not_found',
    `No method "${id}" that explains a ${scope}. There ${known.length === 1 ? 'is' : 'are'}: ${known.join(', ')}.`,
  )
}
