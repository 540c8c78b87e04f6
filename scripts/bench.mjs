#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { appEnvironment, foreground } from './setup/launch.mjs'
import { failSetUp, setUp } from './setup/steps.mjs'

/*
 * npm run bench: brings what the benches need and runs them one after the other; 1 when a target was missed.
 *   npm run bench -- --only data            only these
 *   npm run bench -- --only data -- --json  what follows the second -- goes to the bench
 */
const benches = {
  data: 'scripts/bench/data.mjs',
  gallery: 'scripts/bench/gallery.mjs',
  stream: 'scripts/bench/stream.mjs',
  traced: 'scripts/bench/traced.mjs',
  engine: 'scripts/bench/engine/run.mjs',
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' } } })
const chosen = values.only?.split(',') ?? Object.keys(benches)
const unknown = chosen.filter((name) => !benches[name])
if (unknown.length > 0) {
  process.stderr.write(`No such bench: ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}\n`)
  process.exit(2)
}

// Standard output belongs to the figures.
const runtime = await setUp({ stream: process.stderr, forTests: true }).catch(failSetUp)
const env = { ...appEnvironment(runtime), PELLUCID_CHROMIUM: runtime.chromiumPath ?? '' }
let code = 0
for (const name of chosen) {
  process.stderr.write(`\n${name}\n`)
  code = Math.max(code, await foreground(process.execPath, [benches[name], ...positionals], { env }))
}
process.exit(code)
