import type { Finding, QualityKind } from '@shared/schemas/quality'

export const qualityTitles: Record<QualityKind, string> = {
  'label-error': 'Doubtful labels',
  leak: 'Leaks between splits',
  'exact-duplicate': 'Identical samples',
  'near-duplicate': 'Almost the same',
  blank: 'Blank pictures',
  blurred: 'Blurred pictures',
  imbalance: 'Rare classes',
}

/** A link names samples one by one, so it takes only so many; the worst come first. */
const mostInLink = 500

/** The samples of a finding, worst first, each once, as the Label screen is asked to show them. */
export const galleryIds = ({ suspicions }: Pick<Finding, 'suspicions'>): number[] =>
  [...new Set(suspicions.flatMap(({ sampleIds }) => sampleIds))].slice(0, mostInLink)
