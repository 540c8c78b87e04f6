import { createHash } from 'node:crypto'
import { mkdir, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { openSeries } from '../../ml/decode/series/open'
import type { JobHandler, ScannedSeries } from '../protocol'

const batchSize = 500
/** Values that are gathered before they are written. */
const chunkValues = 1 << 20

/** Copies all series into one pack; what could not be read is reported with the reason. */
const readSeries: JobHandler<'read-series'> = async ({ paths, out }, { signal, report }) => {
  const source = await openSeries(paths, signal)
  await mkdir(dirname(out), { recursive: true })
  const file = await open(out, 'w')
  let offset = 0
  let done = 0
  let series: ScannedSeries[] = []
  let pending: Float32Array[] = []
  let pendingSize = 0
  const write = async () => {
    for (const values of pending) await file.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    pending = []
    pendingSize = 0
  }
  try {
    for await (const { name, className, split, steps, values } of source.read(signal)) {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
      const hash = createHash('sha256').update(`${steps}x`).update(bytes).digest('hex')
      series.push({ name, className, split, hash, offset, steps, channels: source.channels.length })
      pending.push(values)
      pendingSize += values.length
      offset += values.length
      done++
      if (pendingSize >= chunkValues) await write()
      if (series.length < batchSize) continue
      report({ series, skipped: [], done, total: null })
      series = []
    }
    await write()
    await file.sync()
    report({ series, skipped: source.skipped, done, total: done })
  } catch (error) {
    await rm(out, { force: true })
    throw error
  } finally {
    await file.close()
  }
  const { root, channels, layout, notes } = source
  return { root, channels, notes: [layout, ...notes], sizeBytes: offset * Float32Array.BYTES_PER_ELEMENT }
}

export default readSeries
