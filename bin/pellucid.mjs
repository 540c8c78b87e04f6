#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/*
 * The command line. Looks only whether everything is there, which takes no time; whether it is up to date is what
 * `npm start` checks.
 */
const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const needed = ['out/main/cli.js', '.cache/runtime.json', '.cache/setup/build.json', 'node_modules/.package-lock.json']

if (!needed.every((path) => existsSync(at(path)))) {
  // Standard output belongs to the verb's own document.
  const { failSetUp, setUp } = await import('../scripts/setup/steps.mjs')
  await setUp({ stream: process.stderr }).catch(failSetUp)
}

// The engine's own processes inherit where the libraries of CUDA are.
const paths = JSON.parse(readFileSync(at('.cache/runtime.json'), 'utf8')).engine.libraryPaths ?? []
if (paths.length > 0) {
  process.env.LD_LIBRARY_PATH = [...paths, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':')
}
createRequire(import.meta.url)('../out/main/cli.js')
