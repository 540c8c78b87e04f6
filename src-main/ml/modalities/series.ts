import { isTableName } from '@shared/file-kinds'
import { bareName } from '@shared/file-kinds'
import { compareNatural } from '@shared/natural-order'
import { Split, type SeriesFacts } from '@shared/schemas/dataset'
import type { OneSeries } from '../decode/series/define'
import { looksLikeSeries, openSeries, recordingExtensions, tsExtension } from '../decode/series/open'
import { pictureExtensions } from '../decode/picture'
import { defineModality, type NamedPath } from './define'

/** Series in the preview, and steps of each: enough to see what was read. */
const curveCount = 6
const curveSteps = 200

const isOfSeries = ({ path, isFolder, extensions }: NamedPath) => {
  if (extensions.has(tsExtension)) return true
  if (!isFolder) return isTableName(path)
  const hasPictures = pictureExtensions.some((extension) => extensions.has(extension))
  return !hasPictures && recordingExtensions.some((extension) => extensions.has(extension))
}

/** Time series, each with a class of its own: `.ts` files, a table in wide or long form, or one file per recording. */
export default defineModality({
  id: 'series',
  title: 'Time series',
  extensions: [tsExtension, ...recordingExtensions],
  viewer: 'series',
  labelKinds: ['class'],

  accepts: (paths) => paths.every(isOfSeries),

  async recognises(paths) {
    if (paths.length > 1 || !isTableName(paths[0]!)) return true
    return looksLikeSeries(paths[0]!)
  },

  async inspect(paths, { signal, progress }) {
    const source = await openSeries(paths, signal)
    const counts = new Map<string, number>()
    const splits = new Set<Split>()
    const facts: SeriesFacts = { channels: source.channels, shortest: Infinity, longest: 0, missing: 0, curves: [] }
    let count = 0
    for await (const series of source.read(signal)) {
      const { className, split, steps, values } = series
      if (className !== null) counts.set(className, (counts.get(className) ?? 0) + 1)
      if (split) splits.add(split)
      facts.shortest = Math.min(facts.shortest, steps)
      facts.longest = Math.max(facts.longest, steps)
      for (const value of values) if (Number.isNaN(value)) facts.missing++
      if (facts.curves.length < curveCount) facts.curves.push(curveOf(series, source.channels.length))
      if (++count % 500 === 0) progress(count, null)
    }
    const labelled = [...counts.values()].reduce((sum, n) => sum + n, 0)
    const notes = [source.layout, ...source.notes]
    if (facts.missing > 0) notes.push(missingRule)
    if (labelled > 0 && labelled < count) notes.push(`${count - labelled} series have no class yet.`)
    if (splits.size > 0) notes.push(`Fixed splits were found: ${[...splits].join(', ')}.`)
    return {
      modality: 'series',
      choices: ['series'],
      suggestedName: bareName(paths[0]!).replace(/_(train|test)$/i, '') || 'Series',
      sampleCount: count,
      classes: [...counts].map(([name, n]) => ({ name, count: n })).sort((a, b) => compareNatural(a.name, b.name)),
      splits: Split.options.filter((split) => splits.has(split)),
      fields: [],
      head: [],
      suggestedTarget: null,
      notes,
      skipped: source.skipped.slice(0, 200),
      series: count > 0 ? facts : { ...facts, shortest: 0 },
    }
  },
})

export const missingRule =
  'Missing values are filled in for the networks along a straight line between their neighbours; at the ends the nearest value is kept.'

function curveOf({ name, className, steps, values }: OneSeries, width: number): SeriesFacts['curves'][number] {
  const stride = Math.max(1, Math.ceil(steps / curveSteps))
  const channels = Array.from({ length: width }, (_, at) => {
    const curve: (number | null)[] = []
    for (let step = 0; step < steps; step += stride) {
      const value = values[step * width + at]!
      curve.push(Number.isFinite(value) ? value : null)
    }
    return curve
  })
  return { name, className, channels }
}
