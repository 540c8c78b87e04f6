import { train } from '../../src-main/ml/train'

/** Trains the run in a folder and prints its speed and the most memory that the process held, as JSON. */
const [runDir] = process.argv.slice(2)
let speed = null
let trainedMb = null
const resident = () => process.resourceUsage().maxRSS / 1024
const events = {
  progress: () => {},
  predictions: () => {},
  notice: () => {},
  epoch: ({ samplesPerSecond }) => {
    speed = samplesPerSecond
    trainedMb = resident()
  },
}
const params = { epochs: 3, batchSize: 64, earlyStopping: false }
const input = { runId: 'bench', runDir, family: 'mlp', params, resume: false, cacheDir: `${runDir}/cache` }
const from = performance.now()
const { metrics } = await train(input, new AbortController().signal, events)
const seconds = (performance.now() - from) / 1000
console.log(JSON.stringify({ speed, seconds, trainedMb, peakMb: resident(), accuracy: metrics.test.accuracy }))
process.exit(0)
