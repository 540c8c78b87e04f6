import type { Sample, SampleFilter, Split } from '@shared/schemas/dataset'

/** What the filter bar holds; `class` is 'all', 'unlabelled' or a class id. */
export interface LabelFilter {
  class: 'all' | 'unlabelled' | number
  split: 'all' | 'none' | Split
  search: string
  /** Only samples whose original is in that state. */
  state: 'all' | 'missing' | 'changed'
  sort: { field: string; descending: boolean } | null
}

export const noFilter: LabelFilter = { class: 'all', split: 'all', search: '', state: 'all', sort: null }

export const isFiltering = (filter: LabelFilter): boolean =>
  filter.class !== 'all' || filter.split !== 'all' || filter.search.trim() !== '' || filter.state !== 'all'

/** As the contract takes it. */
export function toSampleFilter(filter: LabelFilter): SampleFilter {
  const { class: chosen, split, search, sort } = filter
  return {
    ...(chosen === 'unlabelled' && { unlabelled: true }),
    ...(typeof chosen === 'number' && { classIds: [chosen] }),
    ...(split === 'none' && { withoutSplit: true }),
    ...(split !== 'all' && split !== 'none' && { splits: [split] }),
    ...(search.trim() !== '' && { search: search.trim() }),
    ...(filter.state !== 'all' && { state: filter.state }),
    ...(sort && { sort }),
  }
}

/** Whether a sample still belongs to what is shown, by its class and split (an edit changes nothing else). */
export function matchesLabels(filter: LabelFilter, sample: Pick<Sample, 'classId' | 'split'>): boolean {
  if (filter.class === 'unlabelled' && sample.classId !== null) return false
  if (typeof filter.class === 'number' && sample.classId !== filter.class) return false
  if (filter.split === 'none') return sample.split === null
  return filter.split === 'all' || sample.split === filter.split
}
