import { train } from '../../ml/train'
import type { JobHandler } from '../protocol'

export default (async (input, { signal, report, log }) => {
  log('info', `Training ${input.family} for run ${input.runId}${input.resume ? ', resumed' : ''}.`)
  return train(input, signal, {
    progress: (progress) => report({ kind: 'progress', progress }),
    epoch: (epoch) => report({ kind: 'epoch', epoch }),
    predictions: (rows) => report({ kind: 'predictions', rows }),
    notice: (text) => report({ kind: 'notice', text }),
    log: (text) => log('info', `Run ${input.runId}: ${text}`),
  })
}) satisfies JobHandler<'train'>
