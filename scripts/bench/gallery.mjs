// Measures the gallery as a user sees it: `serve` with 10 000 small pictures, Chromium at 1280 x 800, a fast scroll from
// the first picture to the last, then jumps as with the scroll bar. Per frame it looks at what is about to be painted.
//
//   npm run bench -- --only gallery -- [--pictures 10000] [--speed 8000] [--jumps 20]
//
// blankRowFrames: frames in which a row in view showed no picture at all. waitingFrames: frames in which at least one
// picture in view was not there yet (its tile, class and split are). Prints one JSON document.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright'

const root = resolve(import.meta.dirname, '../..')
const { values } = parseArgs({
  options: {
    pictures: { type: 'string', default: '10000' },
    /** Pixels a second; a screen has about 670. */
    speed: { type: 'string', default: '8000' },
    jumps: { type: 'string', default: '20' },
  },
})
const [speed, jumps] = [Number(values.speed), Number(values.jumps)]
/** Frame times are told and not judged: without a graphics card they are the software renderer's. */
const targets = { blankRowFrames: 0 }

const pictures = join(root, '.cache', `bench-pictures-${values.pictures}`)
if (!existsSync(join(pictures, '0'))) {
  process.stderr.write(`${pictures} is missing: run "npm run bench -- --only data" first, which makes them.\n`)
  process.exit(2)
}
const folder = await mkdtemp(join(tmpdir(), 'pellucid-gallery-'))
const server = await startServer(join(folder, 'workspace'))
const browser = await chromium.launch({
  executablePath: chromiumPath(),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
})
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  await page.goto(server.url)
  const dataset = await call(page, 'datasets.import', { paths: [pictures], name: 'pictures' })
  await page.evaluate((id) => (location.hash = `#/d/${id}/label`), dataset.datasetId)
  await page.locator('[data-row] img').first().waitFor()
  await page.waitForTimeout(1000)
  const scroll = await page.evaluate(scrollThrough, speed)
  const jumped = await page.evaluate(jumpAround, jumps)
  const result = { pictures: dataset.sampleCount, pixelsPerSecond: speed, ...scroll, ...jumped, targets }
  process.stdout.write(`${JSON.stringify(result, null, 1)}\n`)
  process.exitCode = Object.entries(targets).every(([key, most]) => result[key] <= most) ? 0 : 1
} finally {
  await browser.close()
  server.stop()
  await rm(folder, { recursive: true, force: true })
}

/** Runs in the page: scrolls at a steady speed; every frame looks at the rows in view after the step, before painting. */
async function scrollThrough(pixelsPerSecond) {
  const list = document.querySelector('[data-testid="gallery"]')
  const [first, second] = list.querySelectorAll('[data-row]')
  const rowHeight = second.getBoundingClientRect().top - first.getBoundingClientRect().top
  const padding = first.getBoundingClientRect().top - list.getBoundingClientRect().top
  const frames = []
  let [blankRowFrames, waitingFrames] = [0, 0]
  let last = performance.now()
  for (;;) {
    const now = await new Promise(requestAnimationFrame)
    const elapsed = now - last
    last = now
    frames.push(elapsed)
    list.scrollTop += (pixelsPerSecond * elapsed) / 1000
    const top = list.scrollTop - padding
    let [isBlank, isWaiting] = [false, false]
    const from = Math.max(0, Math.floor(top / rowHeight))
    const to = Math.floor((top + list.clientHeight - 1) / rowHeight)
    for (let row = from; row <= to; row++) {
      const cells = list.querySelectorAll(`[data-row="${row}"] [role="option"]`)
      const isEnd = row * rowHeight + padding >= list.scrollHeight - padding
      if (isEnd) continue
      const shown = [...cells].filter((cell) => {
        const image = cell.querySelector('img')
        return image !== null && image.complete && image.naturalWidth > 0
      })
      isBlank ||= shown.length === 0
      isWaiting ||= shown.length < cells.length || cells.length === 0
    }
    blankRowFrames += Number(isBlank)
    waitingFrames += Number(isWaiting)
    if (list.scrollTop + list.clientHeight >= list.scrollHeight - 1) break
  }
  const sorted = frames.slice(1).sort((a, b) => a - b)
  const at = (share) => Math.round(10 * sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]) / 10
  return {
    frames: sorted.length,
    p50FrameMs: at(0.5),
    p99FrameMs: at(0.99),
    longestFrameMs: at(1),
    blankRowFrames,
    waitingFrames,
  }
}

/** Runs in the page: goes to places far apart and waits until every picture in view is there. */
async function jumpAround(count) {
  const list = document.querySelector('[data-testid="gallery"]')
  const times = []
  for (let jump = 0; jump < count; jump++) {
    // The golden ratio spreads the places evenly and far from each other.
    list.scrollTop = ((jump * 0.618034 + 0.3) % 1) * (list.scrollHeight - list.clientHeight)
    const start = performance.now()
    for (;;) {
      await new Promise(requestAnimationFrame)
      const box = list.getBoundingClientRect()
      const cells = [...list.querySelectorAll('[role="option"]')].filter((cell) => {
        const { top, bottom } = cell.getBoundingClientRect()
        return bottom > box.top && top < box.bottom
      })
      const isThere = ({ complete, naturalWidth }) => complete && naturalWidth > 0
      if (cells.length > 0 && cells.every((cell) => cell.querySelector('img') && isThere(cell.querySelector('img'))))
        break
      if (performance.now() - start > 10_000) break
    }
    times.push(performance.now() - start)
    await new Promise((done) => setTimeout(done, 200))
  }
  times.sort((a, b) => a - b)
  const at = (share) => Math.round(times[Math.min(times.length - 1, Math.floor(share * times.length))])
  return { jumps: count, p50FullAfterJumpMs: at(0.5), longestFullAfterJumpMs: at(1) }
}

/** `pellucid serve` on a workspace of its own. */
async function startServer(workspace) {
  const program = process.env.PELLUCID_TEST_APP
    ? join(process.env.PELLUCID_TEST_APP, 'main', 'cli.js')
    : join(root, 'bin', 'pellucid.mjs')
  const child = spawn(process.execPath, [program, 'serve', '--json', '--workspace', workspace], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  const line = await new Promise((resolve, reject) => {
    lines.once('line', resolve)
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}`)))
  })
  return { url: JSON.parse(line).url, stop: () => child.kill() }
}

async function call(page, method, input) {
  const reply = await page.evaluate(
    async ([name, body]) => {
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(`/api/${name}`, { method: 'POST', headers, body: JSON.stringify(body) })
      return response.json()
    },
    [method, input],
  )
  if (!reply.ok) throw new Error(`${method}: ${reply.error.message}`)
  return reply.value
}

function chromiumPath() {
  if (process.env.PELLUCID_CHROMIUM) return process.env.PELLUCID_CHROMIUM
  const runtime = join(root, '.cache', 'runtime.json')
  return (existsSync(runtime) && JSON.parse(readFileSync(runtime, 'utf8')).chromiumPath) || '/usr/bin/chromium'
}
