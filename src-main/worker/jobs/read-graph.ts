import { createHash } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeDurably } from '../../ml/durable-file'
import { openGraph } from '../../ml/decode/graph/open'
import { degreesOf, encodeGraph } from '../../ml/decode/graph/pack'
import type { JobHandler } from '../protocol'

const batchSize = 2000

/** Reads a graph, writes its numbers into one pack and tells of its nodes, with how many edges and values each has. */
const readGraph: JobHandler<'read-graph'> = async ({ paths, out }, { signal, report }) => {
  const { nodes, root, layout, notes, ...numbers } = await openGraph(paths, signal)
  const parts = encodeGraph({ nodes, notes, ...numbers })
  const digest = createHash('sha256')
  for (const part of parts) digest.update(part)
  const graph = digest.digest('hex')
  await mkdir(dirname(out), { recursive: true })
  try {
    await writeDurably(out, parts)
    const degrees = degreesOf(nodes.length, numbers.ends)
    const entries = new Int32Array(nodes.length)
    for (let i = 0; i < numbers.entries.length; i += 2) entries[numbers.entries[i]!]!++
    for (let from = 0; from < nodes.length; from += batchSize) {
      const part = nodes.slice(from, from + batchSize).map(({ name, className, split }, i) => ({
        name,
        className,
        split,
        hash: createHash('sha256')
          .update(`${graph} ${from + i}`)
          .digest('hex'),
        offset: from + i,
        steps: degrees[from + i]!,
        channels: numbers.features.length,
        entries: entries[from + i]!,
      }))
      report({ series: part, skipped: [], done: from + part.length, total: nodes.length })
    }
  } catch (error) {
    await rm(out, { force: true })
    throw error
  }
  const sizeBytes = parts.reduce((sum, { length }) => sum + length, 0)
  return { root, notes: [layout, ...notes], sizeBytes }
}

export default readGraph
