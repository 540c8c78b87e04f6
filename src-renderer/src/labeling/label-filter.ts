import type { Sample, SampleFilter, Split } from '@shared/schemas/dataset'

/** What the filter bar holds; `class` is 'all', 'unlabelled' or a class id. */
export interface LabelFilter {
  class: 'all' | 'unlabelled' | number
  split: 'all' | 'none' | Split
  search: string
  /** Only samples whose original is in that state. */
  state: 'all' | 'missing' | 'changed'
  sort: { field: string; descending: boolean } | null
  /** Only these samples, as another screen named them (a cell of a confusion matrix). */
  ids?: number[]
}

export const noFilter: LabelFilter = { class: 'all', split: 'all', search: '', state: 'all', sort: null }

export const isFiltering = (filter: LabelFilter): boolean =>
  filter.class !== 'all' ||
  filter.split !== 'all' ||
  filter.search.trim() !== '' ||
  filter.state !== 'all' ||
  filter.ids !== undefined

/** What the link to the Label screen asks for: `?show=unlabelled`, or `?ids=4,8,15`. */
export function filterOfLink(query: Record<string, unknown>): LabelFilter {
  if (query['show'] === 'unlabelled') return { ...noFilter, class: 'unlabelled' }
  const ids = typeof query['ids'] === 'string' ? query['ids'].split(',').map(Number).filter(Number.isInteger) : []
  return ids.length > 0 ? { ...noFilter, ids } : { ...noFilter }
}

/** As the contract takes it. */
export function toSampleFilter(filter: LabelFilter): SampleFilter {
  const { class: chosen, split, search, sort, ids } = filter
  return {
    ...(chosen === 'unlabelled' && { unlabelled: true }),
    ...(typeof chosen === 'number' && { classIds: [chosen] }),
    ...(split === 'none' && { withoutSplit: true }),
    ...(split !== 'all' && split !== 'none' && { splits: [split] }),
    ...(search.trim() !== '' && { search: search.trim() }),
    ...(filter.state !== 'all' && { state: filter.state }),
    ...(sort && { sort }),
    ...(ids && { ids }),
  }
}

/** Whether a sample still belongs to what is shown, by its class and split (an edit changes nothing else). */
export function matchesLabels(filter: LabelFilter, sample: Pick<Sample, 'classId' | 'split'>): boolean {
  if (filter.class === 'unlabelled' && sample.classId !== null) return false
  if (typeof filter.class === 'number' && sample.classId !== filter.class) return false
  if (filter.split === 'none') return sample.split === null
  return filter.split === 'all' || sample.split === filter.split
}
