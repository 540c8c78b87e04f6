// Spoken digits (Free Spoken Digit Dataset, 8 kHz, 5 speakers x 10 digits x 50 takes) with the defaults of a family; rows of
// accuracy.mjs. The clips are not part of the project: PELLUCID_FSDD names their folder.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runJob } from './engine-worker.mjs'

const folder = process.env.PELLUCID_FSDD ?? ''

/** Takes 0 to 4 are held out, as the set's authors do. */
export async function benchTakes(worker, work, family = 'cnn') {
  const clips = await readClips(worker)
  if (!clips) return absent
  const accuracy = await trainClips(worker, work, family, 'takes', clips, ({ take }) => take < 5)
  return { what: `${family} with its defaults on spoken digits, takes held out`, accuracy, target: 0.97 }
}

/** One speaker held out at a time, mean over the five. */
export async function benchSpeakers(worker, work, family = 'cnn') {
  const clips = await readClips(worker)
  if (!clips) return absent
  const speakers = [...new Set(clips.map(({ speaker }) => speaker))]
  const accuracies = []
  for (const held of speakers)
    accuracies.push(await trainClips(worker, work, family, held, clips, ({ speaker }) => speaker === held))
  const accuracy = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length
  const each = speakers.map((speaker, i) => `${speaker} ${(accuracies[i] * 100).toFixed(1)} %`).join(', ')
  return { what: `${family} with its defaults on spoken digits, one speaker held out (${each})`, accuracy, target: 0.8 }
}

const absent = {
  what: 'spoken digits: skipped, set PELLUCID_FSDD to the folder of the clips',
  accuracy: NaN,
  target: NaN,
  isSkipped: true,
}

async function readClips(worker) {
  if (!existsSync(folder)) return null
  const found = []
  await runJob(worker, 'scan-clips', { paths: [folder] }, { onEvent: (event) => found.push(...event.pictures) })
  return found.map((clip) => {
    const [, digit, speaker, take] = /(\d)_([a-z]+)_(\d+)\.wav$/.exec(clip.path)
    return { ...clip, digit, speaker, take: Number(take) }
  })
}

async function trainClips(worker, work, family, name, clips, isHeldOut) {
  const classes = [...new Set(clips.map(({ digit }) => digit))].sort()
  const samples = clips.map((clip, i) => ({
    id: i + 1,
    path: clip.path,
    hash: clip.hash,
    width: clip.width,
    height: clip.height,
    channels: clip.channels,
    target: classes.indexOf(clip.digit),
    split: isHeldOut(clip) ? 'test' : 'train',
  }))
  const trained = samples.filter(({ split }) => split === 'train')
  const seconds = trained.map(({ width, height }) => width / height).sort((a, b) => a - b)
  const head = { modality: 'audio', datasetId: 'fsdd', datasetName: 'fsdd', classes, positive: null, fields: [] }
  const snapshot = {
    ...head,
    sampleCount: samples.length,
    splits: { train: trained.length, validation: 0, test: samples.length - trained.length },
    trainPerClass: classes.map((_, k) => trained.filter(({ target }) => target === k).length),
    picture: null,
    audio: { sampleRate: trained[0].height, seconds: seconds[Math.floor(0.95 * (seconds.length - 1))] },
    distinct: {},
  }
  const { params, problems } = await runJob(worker, 'plan', { family, params: {}, snapshot })
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join(' '))
  const runDir = join(work, `run-fsdd-${family}-${name}`)
  rmSync(runDir, { recursive: true, force: true })
  mkdirSync(runDir, { recursive: true })
  writeFileSync(join(runDir, 'snapshot.json'), JSON.stringify({ ...head, samples }))
  const input = { runId: name, runDir, family, params, resume: false, threads: 0, cacheDir: join(work, 'cache') }
  const { metrics, samplesPerSecond } = await runJob(worker, 'train', input)
  console.error(
    `${family}, digits without ${name}: test accuracy ${metrics.test.accuracy}, ${Math.round(samplesPerSecond)} samples/s`,
  )
  return metrics.test.accuracy
}
