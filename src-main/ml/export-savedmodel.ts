import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freeBatchSize } from './engine/any-batch'
import { nativeBackend, Recorder } from './engine/recorder'
import { answerName, answerOf } from './target-scale'
import { tf, type Tensor } from './tf'
import type { TrainedModel } from './trained'

const fileName = 'saved_model.pb'
const batchSizes: [number, number] = [2, 3]

interface Served {
  predict(inputs: Record<string, Tensor>): Record<string, Tensor>
  dispose(): void
}
type NodeApi = { loadSavedModel(path: string, tags: string[], signature: string): Promise<Served> }

/**
 * Writes the prediction as a TensorFlow SavedModel with its weights frozen in: signature `serving_default`, input `input`
 * [batch, ...shape], outputs `logits` and `probabilities` (or `value`) [batch, classes]. Needs the native engine.
 */
export async function writeSavedModel(trained: TrainedModel, out: string): Promise<string[]> {
  nativeBackend()
  const { graph, outputs } = record(trained, batchSizes[0])
  freeBatchSize(graph, record(trained, batchSizes[1]).graph, batchSizes)
  const width = trained.model.outputs[0]!.shape[1]!
  const output = (tensor: string) => ({ tensor, dtype: 'float32' as const, shape: [-1, width] })
  const bytes = graph.toSavedModel(
    { input: { tensor: 'input:0', dtype: 'float32', shape: [-1, ...trained.inputShape] } },
    { logits: output(outputs.logits), [answerName(trained.target)]: output(outputs.answer) },
  )
  await writeFile(join(out, fileName), bytes)
  return [fileName]
}

function record(trained: TrainedModel, batch: number) {
  const recorder = new Recorder()
  const outputs = { logits: '', answer: '' }
  tf.tidy(() => {
    const example = tf.zeros([batch, ...trained.inputShape])
    recorder.input('input', example, [-1, ...trained.inputShape])
    for (const weight of trained.model.weights) recorder.freeze(`weights/${weight.originalName}`, weight.read())
    const { logits, answer } = recorder.record(() => {
      const logits = trained.logits(example)
      return { logits, answer: answerOf(logits, trained.target) }
    })
    outputs.logits = recorder.output('logits', logits)
    outputs.answer = recorder.output(answerName(trained.target), answer)
  })
  return { graph: recorder.graph, outputs }
}

/** Loads the written model with TensorFlow and computes the answers to `inputs` with it. */
export async function askSavedModel(out: string, inputs: Tensor): Promise<Tensor> {
  const { node } = tf as unknown as { node: NodeApi }
  const served = await node.loadSavedModel(out, ['serve'], 'serving_default')
  try {
    const { logits, ...answers } = served.predict({ input: inputs })
    logits!.dispose()
    return Object.values(answers)[0]!
  } finally {
    served.dispose()
  }
}
