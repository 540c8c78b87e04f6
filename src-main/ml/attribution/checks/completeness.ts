import { tf } from '../../tf'
import { defineCheck, said, verdictOf } from './define'

/** Share of the change in score that may be missing or too much. */
const limits: [number, number] = [0.05, 0.2]
/** Changes of the logit below it are no change: the error is then told in logits. */
const smallestChange = 0.1

/** Whether the parts of the map add up to the change of the class's logit, where the method promises that they do. */
export default defineCheck({
  id: 'completeness',
  title: 'Adds up',
  question: 'Do the parts sum to what they explain?',
  reference: 'https://arxiv.org/abs/1703.01365',
  concerns: ({ complete, completeInMean }) => complete || completeInMean === true,
  async run({ trained, input, baseline, target, sum, progress }) {
    const [at, without] = tf.tidy(() =>
      trained
        .logits(tf.concat([input, baseline]))
        .slice([0, target], [-1, 1])
        .dataSync<'float32'>(),
    )
    const change = at! - without!
    const error = Math.abs(sum - change)
    const value = error / Math.max(Math.abs(change), smallestChange)
    const verdict = verdictOf(value, limits)
    progress(1, 1)
    const judged = {
      passes: 'It keeps its promise.',
      doubtful: 'More steps or draws would bring it closer.',
      fails: 'The parts do not explain the score: take more steps or draws.',
    }[verdict]
    return {
      verdict,
      value,
      low: null,
      high: null,
      text: `The parts sum to ${said(sum)}, and the class's score (its logit) differs by ${said(change)} from what the sample is compared with: an error of ${(100 * value).toFixed(1)} %. ${judged}`,
      figures: [
        { name: 'sum of the map', value: sum },
        { name: 'change of the logit', value: change },
        { name: 'error', value: error },
      ],
    }
  },
})
