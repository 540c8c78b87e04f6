import { heatMap } from '@shared/colormap'
import { WorkbenchError } from '@shared/errors'
import { boxOf, regionsIn } from '@shared/masks'
import type { Explanation, ExplainSpec } from '@shared/schemas/explanation'
import type { Difference, DifferenceSpec } from '@shared/schemas/shortcut'
import type { ServiceContext } from './context'
import type { ExplanationService } from './explanation-service'
import { resolveRun, toRun } from './run-queries'

/** Of the largest mean difference: pixels from here on are where two runs differ. */
export const differenceThreshold = 0.25

type Pair = { first: Explanation; second: Explanation }

/**
 * Explains the same class of the same samples by both runs, and says where their maps differ, |first - second| averaged
 * over the samples. Throws `incompatible` for runs that see their samples in other shapes.
 */
export async function differenceOf(
  { db, tasks }: ServiceContext,
  explanations: Pick<ExplanationService, 'explain'>,
  { samples, taskId, run: a, against: b, method, params, targetClass }: DifferenceSpec,
  signal: AbortSignal,
): Promise<Difference> {
  const [run, against] = [toRun(await resolveRun(db, a)), toRun(await resolveRun(db, b))]
  if (run.datasetId !== against.datasetId)
    throw new WorkbenchError(
      'incompatible',
      `"${run.name}" and "${against.name}" were trained on different datasets; choose two runs of one.`,
    )
  const pairs = await tasks.run(
    { taskId, title: 'Comparing explanations', unit: 'maps' },
    signal,
    async (inner, progress) => {
      const done: Pair[] = []
      for (const sample of samples) {
        const spec: ExplainSpec = { run: run.runId, sample, method, params, targetClass }
        const first = await explanations.explain(spec, inner)
        progress(2 * done.length + 1, 2 * samples.length)
        const target = targetClass ?? first.target
        const second = await explanations.explain({ ...spec, run: against.runId, targetClass: target }, inner)
        done.push({ first, second })
        progress(2 * done.length, 2 * samples.length)
      }
      return done
    },
  )
  const base = { run: run.runId, against: against.runId, method, samples: pairs }
  if (pairs[0]!.first.input.shape.length === 3) {
    const masks = [run.params['maskRegions'], against.params['maskRegions']] as const
    return { ...base, ...differenceOfPictures(pairs, masks) }
  }
  if (pairs[0]!.first.fields) return { ...base, ...differenceOfParts(pairs, fieldsOf) }
  if (pairs[0]!.first.words) return { ...base, ...differenceOfParts(pairs, wordsOf) }
  throw new WorkbenchError('incompatible', 'Explanations can be compared for pictures, texts and tables.')
}

const shapeOf = ({ input }: Explanation) => input.shape.slice(0, 2).join(' × ')

function differenceOfPictures(pairs: Pair[], masks: readonly [unknown, unknown]) {
  const [height, width] = pairs[0]!.first.input.shape as [number, number]
  const sum = new Float64Array(height * width)
  let scale = 0
  for (const { first, second } of pairs) {
    if (shapeOf(first) !== shapeOf(second))
      throw new WorkbenchError(
        'incompatible',
        `The runs see pictures of ${shapeOf(first)} and of ${shapeOf(second)} pixels; compare runs of one picture size.`,
      )
    const [one, other] = [pixelsOf(first), pixelsOf(second)]
    sum.forEach((_, i) => (sum[i]! += Math.abs(one[i]! - other[i]!) / pairs.length))
    for (const map of [one, other]) for (const value of map) scale = Math.max(scale, Math.abs(value))
  }
  const largest = Math.max(...sum)
  const isIn = (i: number) => largest > 0 && sum[i]! >= differenceThreshold * largest
  const pixels = [...sum.keys()].filter(isIn).length
  const masked = onlyOne(masks, { height, width })
  const shared = masked.filter(isIn).length
  const overlap = masked.length === 0 ? null : shared / (masked.length + pixels - shared)
  const shape: [number, number] = [height, width]
  return { scale, where: { shape, data: [...sum], threshold: differenceThreshold, pixels, overlap } }
}

/** Attributions by pixel, summed over the channels. */
function pixelsOf({ attribution }: Explanation): Float64Array {
  const { values, scale } = heatMap(attribution.shape, attribution.data)
  return Float64Array.from(values, (value) => value * scale)
}

/** Pixels that one of the two masks covers and the other does not. */
function onlyOne(masks: readonly [unknown, unknown], { height, width }: { height: number; width: number }): number[] {
  const [one, other] = masks.map((mask) => {
    const covered = new Set<number>()
    for (const region of regionsIn(mask) ?? []) {
      const box = boxOf(region, { height, width })
      for (let y = box.y; y < box.y + box.height; y++)
        for (let x = box.x; x < box.x + box.width; x++) covered.add(y * width + x)
    }
    return covered
  }) as [Set<number>, Set<number>]
  return [...new Set([...one, ...other])].filter((pixel) => one.has(pixel) !== other.has(pixel))
}

type Parts = Map<string, number>

const fieldsOf = ({ fields }: Explanation): Parts =>
  new Map(fields!.map(({ name, attribution }) => [name, attribution]))

/** Words in small letters; one that stands several times counts with its sum. */
function wordsOf({ words, attribution }: Explanation): Parts {
  const parts: Parts = new Map()
  words!.forEach(({ text }, i) => {
    const word = text.toLowerCase()
    parts.set(word, (parts.get(word) ?? 0) + attribution.data[i]!)
  })
  return parts
}

/** Means over all samples, in which a part that is not there counts as nothing. */
function differenceOfParts(pairs: Pair[], partsOf: (explanation: Explanation) => Parts) {
  const means = new Map<string, { first: number; second: number; distance: number }>()
  let scale = 0
  for (const pair of pairs) {
    const [one, other] = [partsOf(pair.first), partsOf(pair.second)]
    for (const name of new Set([...one.keys(), ...other.keys()])) {
      const [first, second] = [one.get(name) ?? 0, other.get(name) ?? 0]
      const mean = means.get(name) ?? { first: 0, second: 0, distance: 0 }
      mean.first += first / pairs.length
      mean.second += second / pairs.length
      mean.distance += Math.abs(first - second) / pairs.length
      means.set(name, mean)
      scale = Math.max(scale, Math.abs(first), Math.abs(second))
    }
  }
  const parts = [...means].map(([name, mean]) => ({ name, ...mean }))
  return { scale, parts: parts.sort((x, y) => y.distance - x.distance) }
}
