import { argMax } from '@shared/metrics/classification'
import type { Split } from '@shared/schemas/dataset'
import { joinedText } from '../encode/text'
import type { Snapshot } from '../snapshot'
import { fitLogistic } from './logistic'
import { fitTfIdf } from './tf-idf'

/** Words of all training texts beyond which the baseline would hold up a run. */
const mostWords = 3_000_000

/**
 * What weighted counts of words and logistic regression reach on the split that is measured: the simple method that a
 * network of texts must beat. Null where there is nothing to fit or measure, or too much.
 */
export function textBaseline(
  { modality, classes, samples }: Snapshot,
  split: Split,
): { title: string; accuracy: number } | null {
  if (modality !== 'text' || classes.length < 2) return null
  const of = (wanted: Split) => samples.filter(({ split: own, target }) => own === wanted && target !== null)
  const [trained, measured] = [of('train'), of(split)]
  if (measured.length === 0 || trained.length === 0) return null
  const texts = (some: typeof samples) => some.map(({ values }) => joinedText(values ?? []))
  const { width, rows } = fitTfIdf(texts(trained))
  const known = rows(texts(trained))
  if (known.reduce((sum, { columns }) => sum + columns.length, 0) > mostWords) return null
  const targets = Int32Array.from(trained, ({ target }) => target!)
  const predicted = fitLogistic(known, targets, width, classes.length)(rows(texts(measured)))
  const right = measured.filter(({ target }, i) => argMax(predicted[i]!) === target).length
  return { title: 'TF-IDF and logistic regression', accuracy: right / measured.length }
}
