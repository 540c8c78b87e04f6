import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import { seededUniform } from './engine/uniform'
import type { ExportFormat } from '@shared/schemas/run'
import { askOnnx, writeOnnx } from './export-onnx'
import { askSavedModel, writeSavedModel } from './export-savedmodel'
import { askTfjs, writeTfjs } from './export-tfjs'
import { loadModelSpec } from './model'
import { allowedDifference, answerName } from './target-scale'
import { tf, type Tensor } from './tf'
import { loadTrained, type TrainedModel } from './trained'

interface Exporter {
  title: string
  howTo: string
  write(trained: TrainedModel, out: string): Promise<string[]>
  ask(out: string, inputs: Tensor): Promise<Tensor>
}

const exporters: Record<ExportFormat, Exporter> = {
  savedmodel: {
    title: 'TensorFlow SavedModel',
    howTo: `In Python:

    import tensorflow as tf
    serve = tf.saved_model.load('.').signatures['serving_default']
    probabilities = serve(input=x)['probabilities']`,
    write: writeSavedModel,
    ask: askSavedModel,
  },
  tfjs: {
    title: 'TensorFlow.js layers model',
    howTo: `In JavaScript:

    const model = await tf.loadLayersModel('model.json')
    const probabilities = model.predict(x)`,
    write: writeTfjs,
    ask: askTfjs,
  },
  onnx: {
    title: 'ONNX model',
    howTo: `In Python:

    import onnxruntime
    session = onnxruntime.InferenceSession('model.onnx')
    probabilities = session.run(['probabilities'], {'input': x})[0]`,
    write: writeOnnx,
    ask: askOnnx,
  },
}

const firstLine = '# A model made with Pellucid'

/**
 * Writes a run's model for use elsewhere, with its classes and input encoding beside it, and reads it back: files that do
 * not answer as the run does are removed. Returns the files' absolute paths.
 */
export async function exportModel(runDir: string, format: ExportFormat, out: string): Promise<string[]> {
  const exporter = exporters[format]
  const trained = await loadTrained(runDir)
  await mkdir(out, { recursive: true })
  await refuseForeignFolder(out)
  const written: string[] = []
  try {
    written.push(...(await exporter.write(trained, out)))
    await compare(trained, exporter, out)
    written.push(...(await writeDescription(runDir, trained, exporter, out)))
  } catch (error) {
    await Promise.all(written.map((name) => rm(join(out, name), { force: true })))
    throw error
  }
  return written.map((name) => join(out, name))
}

async function refuseForeignFolder(out: string): Promise<void> {
  const readme = await readFile(join(out, 'README.md'), 'utf8').catch(() => null)
  if (readme === null || readme.startsWith(firstLine)) return
  throw new WorkbenchError('conflict', `${out} holds something else (it has a README.md). Choose an empty folder.`)
}

/** The written model must agree with the run's on a batch of 100 samples and on a single one. */
async function compare(trained: TrainedModel, { title, ask }: Exporter, out: string): Promise<void> {
  for (const count of [1, 100]) {
    const inputs = seededUniform([count, ...trained.inputShape], 11, count)
    const expected = trained.probabilities(inputs)
    const got = await ask(out, inputs)
    const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(expected, got))).dataSync()[0]!)
    tf.dispose([inputs, expected, got])
    if (difference <= allowedDifference(trained.target)) continue
    throw new WorkbenchError(
      'internal',
      `The written ${title} differs from the run's model by ${difference} and was removed. Please report this.`,
    )
  }
}

const outputLine = ({ meta, target }: TrainedModel) =>
  target
    ? `- Output \`value\`: float32 [batch, 1], ${target.name} in its own units.`
    : `- Output \`probabilities\`: float32 [batch, ${meta.classes.length}], one column per class, in the order of labels.txt.`

async function writeDescription(runDir: string, trained: TrainedModel, exporter: Exporter, out: string) {
  const { meta, rules, inputShape, family, target } = trained
  const shape = ['batch', ...inputShape].join(', ')
  const readme = `${firstLine}

${exporter.title} of a ${family} network, trained on the dataset "${meta.datasetName}".

- Input \`input\`: float32 [${shape}].
${outputLine(trained)}

${exporter.howTo.replaceAll('probabilities', answerName(target))}

## How samples become inputs

${rules.map((rule) => `- ${rule}`).join('\n')}

\`encoding.json\` holds the same for programs${trained.columns ? ', with the figures of every column' : ''}.
`
  const spec = await loadModelSpec(runDir)
  await writeFile(join(out, 'README.md'), readme)
  if (!target) await writeFile(join(out, 'labels.txt'), meta.classes.map((name) => `${name}\n`).join(''))
  await writeFile(join(out, 'encoding.json'), `${JSON.stringify(spec!.encoding, null, 2)}\n`)
  return ['README.md', ...(target ? [] : ['labels.txt']), 'encoding.json']
}
