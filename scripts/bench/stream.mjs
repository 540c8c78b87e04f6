#!/usr/bin/env node
// Trains three epochs of a table that stays on disk, and again with it in memory, and tells the speed of the last one;
// 1 when a target was missed.
//   npm run bench -- --only stream [-- --rows 1000000] [--columns 30]
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle } from './bundle.mjs'

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, columns: { type: 'string', default: '30' } },
})
const [rows, columns] = [Number(values.rows), Number(values.columns)]
const mostMb = 1000

const workers = await bundle('bench-stream', { stream: join(import.meta.dirname, 'stream-worker.mjs') }, 'es')
const results = []
for (const [title, above] of [
  ['from disk', '1'],
  ['in memory', '1e12'],
]) {
  const folder = mkdtempSync(join(tmpdir(), 'pellucid-stream-'))
  try {
    await writeRun(folder)
    const env = {
      ...process.env,
      PELLUCID_STREAM_ABOVE: above,
      TF_CPP_MIN_LOG_LEVEL: '3',
      TF_NUM_INTRAOP_THREADS: '1',
      TF_NUM_INTEROP_THREADS: '1',
    }
    const { stdout, stderr, status } = spawnSync(process.execPath, [join(workers, 'stream.mjs'), folder], {
      env,
      encoding: 'utf8',
      maxBuffer: 1e8,
    })
    if (status !== 0) throw new Error(stderr.slice(-2000))
    const line = stdout.split('\n').find((each) => each.startsWith('{'))
    results.push({ title, ...JSON.parse(line) })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
for (const { title, speed, seconds, trainedMb, peakMb, accuracy } of results)
  console.log(
    `${rows} rows x ${columns} columns ${title}: ${Math.round(speed)} rows/s, at most ${Math.round(trainedMb)} MB resident until the epoch's end, ${Math.round(peakMb)} MB with the predictions of all rows; ${seconds.toFixed(0)} s in all, test accuracy ${accuracy.toFixed(3)}`,
  )
const [disk, memory] = results
console.log(`From disk at ${(disk.speed / memory.speed).toFixed(2)} of the speed in memory`)
const isOk = disk.peakMb < mostMb
console.log(isOk ? `ok, below ${mostMb} MB` : `MISS: ${mostMb} MB`)
process.exit(isOk ? 0 : 1)

/** A run's folder as the program writes it: two classes that depend on the first columns. */
async function writeRun(folder) {
  const fields = Array.from({ length: columns }, (_, i) => ({ name: `x${i}`, kind: 'number', isSensitive: false }))
  const header = { modality: 'table', datasetId: 'd', datasetName: 'bench', classes: ['a', 'b'], positive: 1, fields }
  const file = createWriteStream(join(folder, 'snapshot.json'))
  file.write(`${JSON.stringify(header).slice(0, -1)},"samples":[\n`)
  let state = 1
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647
  for (let id = 1; id <= rows; id++) {
    const numbers = fields.map(() => Math.round(random() * 1e5) / 1e5)
    const target = numbers[0] + numbers[1] * numbers[2] > 0.75 ? 1 : 0
    const split = id % 10 < 7 ? 'train' : id % 10 < 8 ? 'validation' : 'test'
    const line = JSON.stringify({ id, target, split, values: numbers })
    if (!file.write(id < rows ? `${line},\n` : `${line}\n]}`)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
}
