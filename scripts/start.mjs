#!/usr/bin/env node
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { appEnvironment, commandLine, electronArguments, foreground, hasDisplay } from './setup/launch.mjs'
import { root, stampsDir } from './setup/paths.mjs'
import { failSetUp, setUp } from './setup/steps.mjs'

/*
 * npm start: brings everything the workbench needs, then opens its window; without a display, serves it to a browser.
 *   --setup-only            ends after set-up
 *   --serve                 serves although there is a display
 *   --dev                   opens the window on the development server
 *   --electron official     takes only the official Electron (or `registry`)
 *   --retry                 tries once more what could not be had: a native engine, trained weights
 * What follows `--` goes to the workbench.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'setup-only': { type: 'boolean' },
    serve: { type: 'boolean' },
    dev: { type: 'boolean' },
    electron: { type: 'string' },
    retry: { type: 'boolean' },
  },
})

if (values.electron && !['any', 'official', 'registry'].includes(values.electron)) {
  process.stderr.write('--electron takes official, registry or any\n')
  process.exit(2)
}
const runtime = await setUp({ electron: values.electron, retry: values.retry, build: !values.dev }).catch(failSetUp)
if (!values['setup-only']) process.exitCode = await open()

async function open() {
  const env = appEnvironment(runtime)
  const canShow = hasDisplay() && runtime.electronPath
  if (values.dev) {
    // The development server writes into out/ too: the next start has to build anew.
    rmSync(join(stampsDir, 'build.json'), { force: true })
    const script = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
    const sandbox = electronArguments().length > 0 ? ['--noSandbox'] : []
    const dev = { ...env, ELECTRON_EXEC_PATH: runtime.electronPath }
    return foreground(process.execPath, [script, 'dev', ...sandbox], { env: dev })
  }
  if (values.serve || !canShow) {
    const reason = hasDisplay() ? 'Electron could not be had' : 'There is no display'
    process.stdout.write(`${values.serve ? 'As asked' : reason}: serving the workbench to a browser instead.\n`)
    return foreground(process.execPath, [commandLine, 'serve', ...positionals], { env })
  }
  process.stdout.write('Opening the window.\n')
  return foreground(runtime.electronPath, [...electronArguments(), root, ...positionals], { env })
}
