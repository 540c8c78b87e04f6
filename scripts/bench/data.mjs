// Measures the data side on the built-from-source services: import of many small pictures, how long main's event loop
// is blocked meanwhile, and looking, filtering, labelling and undoing in 100 000 samples.
//
//   npm run bench -- --only data -- [--pictures 10000] [--rows 100000] [--json]
import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { bundle, root } from './bundle.mjs'

const { values } = parseArgs({
  options: {
    pictures: { type: 'string', default: '10000' },
    rows: { type: 'string', default: '100000' },
    json: { type: 'boolean', default: false },
  },
})
const [pictureCount, rowCount] = [Number(values.pictures), Number(values.rows)]
/** Main's event loop may never be held longer; while pictures come in, no fewer a second. */
const targets = { longestBlockMs: 50, picturesPerSecond: 1000 }
const results = []
let workerPids = () => []

const outDir = await bundle('bench-data', {
  main: join(root, 'scripts/bench/data-entry.mjs'),
  worker: join(root, 'src-main/worker/entry.ts'),
})
const { createWorkbench, forkHost } = await import(pathToFileURL(join(outDir, 'main.js')))
const folder = await mkdtemp(join(tmpdir(), 'pellucid-bench-'))
try {
  const pictures = await makePictures(join(root, '.cache', `bench-pictures-${pictureCount}`), pictureCount)
  const table = await makeTable(join(folder, 'people.csv'), rowCount)
  const workbench = await createWorkbench({
    workspace: join(folder, 'workspace'),
    kind: 'test',
    shell: 'cli',
    resources: join(root, 'resources'),
    spawn: forkHost(join(outDir, 'worker.js'), (_role, line) => console.error(line)),
  })
  workerPids = () => workbench.workers().map(({ pid }) => pid)
  const call = async (method, input) => {
    const reply = await workbench.call(method, input)
    if (!reply.ok) throw new Error(`${method}: ${reply.error.message}`)
    return reply.value
  }
  await benchPictures(call, pictures)
  await benchTable(call, table)
  await workbench.close()
} finally {
  await rm(folder, { recursive: true, force: true })
}
if (values.json) console.log(JSON.stringify(results))
else for (const result of results) console.log(line(result))
process.exit(results.every(isOk) ? 0 : 1)

function isOk({ longestBlockMs, perSecond, target }) {
  return longestBlockMs <= targets.longestBlockMs && (!target || perSecond >= target)
}

function line(result) {
  const { name, ms, longestBlockMs, perSecond } = result
  const rate = perSecond ? `, ${perSecond} a second` : ''
  return `${isOk(result) ? 'ok  ' : 'MISS'} ${name.padEnd(52)} ${String(ms).padStart(6)} ms, main held ${longestBlockMs} ms${rate}`
}

async function benchPictures(call, path) {
  await measure('open the decoding process', () => call('datasets.inspect', { paths: [path] }))
  await measure(
    `import ${pictureCount} pictures`,
    () => call('datasets.import', { paths: [path], name: 'pictures' }),
    pictureCount,
    targets.picturesPerSecond,
  )
  await benchSamples(call, 'pictures', [{ search: '12' }, { splits: ['test'] }])
}

async function benchTable(call, path) {
  await measure(
    `import ${rowCount} rows`,
    () => call('datasets.import', { paths: [path], name: 'people', target: 'risk' }),
    rowCount,
  )
  await benchSamples(call, 'people', [
    { search: 'rent' },
    { search: 'age' },
    { sort: { field: 'amount', descending: true } },
    { unlabelled: true },
    { splits: ['test'], sort: { field: 'job' } },
  ])
  await measure('derive a column', () =>
    call('datasets.derive', {
      dataset: 'people',
      column: 'old',
      derivation: { kind: 'bins', from: 'age', cuts: [25], labels: ['young', 'old'] },
    }),
  )
}

async function benchSamples(call, dataset, filters) {
  const page = (name, filter, offset = 0) =>
    measure(`${dataset}: ${name}`, () => call('datasets.samples', { dataset, filter, offset, limit: 200 }))
  await measure(`${dataset}: get`, () => call('datasets.get', { dataset }))
  await page('first page', {})
  await page('last page', {}, (dataset === 'pictures' ? pictureCount : rowCount) - 200)
  const { classes } = await call('datasets.get', { dataset })
  for (const filter of [{ classIds: [classes[0].id] }, ...filters]) {
    await page(`first page of ${JSON.stringify(filter)}`, filter)
    await page(`next page of it`, filter, 200)
  }
  await measure(`${dataset}: all ids`, () => call('datasets.sampleIds', { dataset, filter: {} }))
  await measure(`${dataset}: label 1 sample`, () =>
    call('annotations.label', { dataset, selection: { refs: ['#7'] }, class: classes[1].name }),
  )
  await measure(`${dataset}: label all`, () =>
    call('annotations.label', { dataset, selection: { filter: {} }, class: classes[0].name }),
  )
  await measure(`${dataset}: undo`, () => call('annotations.undo', { dataset }))
  await measure(`${dataset}: redo`, () => call('annotations.redo', { dataset }))
  await measure(`${dataset}: undo`, () => call('annotations.undo', { dataset }))
  await measure(`${dataset}: split`, () => call('datasets.split', { dataset, seed: 2 }))
}

async function measure(name, work, count, target) {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const cpuBefore = await cpuSeconds()
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1000
  await new Promise((done) => setTimeout(done, 5))
  delay.disable()
  const result = { name, ms: Math.round(seconds * 1000), longestBlockMs: Math.round(delay.max / 1e6) }
  const cpu = (await cpuSeconds()) - cpuBefore
  if (cpu > 0.04) result.cpuSeconds = Number(cpu.toFixed(2))
  if (count) result.perSecond = Math.round(count / seconds)
  if (target) result.target = target
  results.push(result)
}

/** What main and its workers computed so far: on a busy machine it tells more than the clock. */
async function cpuSeconds() {
  const { user, system } = process.cpuUsage()
  let total = (user + system) / 1e6
  for (const pid of workerPids()) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (stat) total += (Number(fields[11]) + Number(fields[12])) / 100
  }
  return total
}

/** Small grey pictures like handwritten digits, no two alike. */
async function makePictures(path, count) {
  const have = await readdir(path).catch(() => [])
  if (have.length === 10) return path
  for (let c = 0; c < 10; c++) await mkdir(join(path, String(c)), { recursive: true })
  for (let i = 0; i < count; i++) {
    const pixels = Buffer.alloc(784)
    for (let at = 0; at < 784; at++) pixels[at] = (at * 7 + i * 13 + ((i * at) >> 3)) & (at % 5 ? 255 : 63)
    const picture = sharp(pixels, { raw: { width: 28, height: 28, channels: 1 } }).toColourspace('b-w')
    await writeFile(join(path, String(i % 10), `${i}.png`), await picture.png().toBuffer())
  }
  return path
}

async function makeTable(path, count) {
  const out = createWriteStream(path)
  const extra = Array.from({ length: 14 }, (_, i) => `f${i}`)
  out.write(`id,age,amount,job,housing,risk,${extra.join(',')}\n`)
  for (let i = 0; i < count; i++) {
    const cells = [
      i,
      18 + ((i * 7) % 60),
      ((i * 2654435761) % 20000) / 4,
      `job ${i % 23}`,
      i % 3 ? 'own' : 'rent',
      i % 10 < 7 ? 'good' : 'bad',
    ]
    if (!out.write(`${[...cells, ...extra.map((_, c) => (i * (c + 3)) % 1000)].join(',')}\n`)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'close')
  return path
}
