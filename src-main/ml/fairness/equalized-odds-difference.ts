import { defineFairnessMetric } from './define'
import { compared, falsePositiveRate, truePositiveRate } from './rates'

/** The larger of the differences in true and in false positive rates. */
export default defineFairnessMetric({
  id: 'equalized-odds-difference',
  title: 'Equalized odds difference',
  summary: 'How far apart the groups are in the errors that the model makes for or against them, whichever is worse.',
  reference: 'https://arxiv.org/abs/1610.02413',
  ...compared('difference', [truePositiveRate, falsePositiveRate]),
})
