import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GraphDraft } from '@main/ml/decode/graph/draft'
import { encodeGraph } from '@main/ml/decode/graph/pack'
import { randomStream } from '@main/ml/random'
import type { Snapshot } from '@main/ml/snapshot'
import type { Split } from '@shared/schemas/dataset'

const splitOf = (i: number): Split => (i % 5 === 3 ? 'validation' : i % 5 === 4 ? 'test' : 'train')

/**
 * A graph of three circles of friends, a few of whom know somebody in another one; of its twelve features each circle has
 * four, and every node has one of its own circle's and one of any. Written as a pack into `folder`.
 */
export async function toyGraph(folder: string, count = 90, seed = 7): Promise<Snapshot> {
  const random = randomStream(seed)
  const draft = new GraphDraft(false)
  const names = Array.from({ length: count }, (_, i) => `n${i}`)
  names.forEach((name, i) => draft.addNode(name, String(i % 3), splitOf(Math.floor(i / 3)), name))
  const sameCircle = (i: number) => (i + 3 * (1 + random.below(Math.floor(count / 3) - 1))) % count
  names.forEach((name, i) => {
    for (let k = 0; k < 3; k++) draft.addEdge(name, names[sameCircle(i)]!, 1, name)
    if (random.uniform() < 0.2) draft.addEdge(name, names[(i + 1) % count]!, 1, name)
    draft.addValue(name, `f${(i % 3) * 4 + random.below(4)}`, 1, name)
    draft.addValue(name, `f${random.below(12)}`, 1, name)
  })
  const graph = draft.finish('toy')
  await mkdir(folder, { recursive: true })
  const path = join(folder, `toy-${count}-${seed}.safetensors`)
  await writeFile(path, Buffer.concat(encodeGraph(graph)))
  return {
    modality: 'graph',
    datasetId: 'toy',
    datasetName: 'toy graph',
    classes: ['red', 'green', 'blue'],
    positive: null,
    fields: [],
    samples: graph.nodes.map(({ className, split }, index) => ({
      id: index + 1,
      node: { path, index },
      target: Number(className),
      split,
    })),
  }
}
