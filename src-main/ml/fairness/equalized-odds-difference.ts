import { defineFairnessMetric } from './define'
import { difference, ends, falsePositiveRate, truePositiveRate, widest } from './rates'

const rates = [truePositiveRate, falsePositiveRate]

/** The larger of the differences in true and in false positive rates. */
export default defineFairnessMetric({
  id: 'equalized-odds-difference',
  title: 'Equalized odds difference',
  summary: 'How far apart the groups are in the errors that the model makes for or against them, whichever is worse.',
  reference: 'https://arxiv.org/abs/1610.02413',
  kind: 'difference',
  ideal: 0,
  compute(groups) {
    const rate = widest(groups, rates)
    return rate && difference(groups, rate)
  },
  ends(groups) {
    const rate = widest(groups, rates)
    return rate && ends(groups, rate)
  },
})
