import { defineFairnessMetric } from './define'
import { compared, selectionRate } from './rates'

/** Largest selection rate of any group minus the smallest. */
export default defineFairnessMetric({
  id: 'demographic-parity-difference',
  title: 'Demographic parity difference',
  summary: 'How far apart the groups are in how often they get the favourable answer.',
  reference: 'https://arxiv.org/abs/1104.3913',
  ...compared('difference', [selectionRate]),
})
