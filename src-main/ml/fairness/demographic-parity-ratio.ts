import { defineFairnessMetric } from './define'
import { compared, selectionRate } from './rates'

/** Smallest selection rate of any group divided by the largest (29 CFR 1607.4 D); null where nobody is selected. */
export default defineFairnessMetric({
  id: 'demographic-parity-ratio',
  title: 'Demographic parity ratio',
  summary:
    'The lowest selection rate as a share of the highest. Below 0.8 it fails the four-fifths rule of US employment law.',
  reference: 'https://www.ecfr.gov/current/title-29/section-1607.4',
  ...compared('ratio', [selectionRate]),
})
