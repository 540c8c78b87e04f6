/* eslint-disable @typescript-eslint/no-require-imports -- the older runtime starts CommonJS only */
// Put into resources/app/ of an Electron runtime that came without a default app: it finds the app's folder among the
// arguments and starts it, as Electron's own default app does for `electron path/to/app`.
const { existsSync, readFileSync } = require('node:fs')
const { dirname, join, resolve } = require('node:path')
const { app } = require('electron')

// Electron's own switches all begin with a dash; the app is the first argument that is a folder with a package.json.
const folder = process.argv
  .slice(1)
  .filter((argument) => !argument.startsWith('-'))
  .map((argument) => resolve(argument))
  .find((path) => existsSync(join(path, 'package.json')))

if (folder) {
  const { name, productName, version, main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  process.defaultApp = true
  app.setName(productName ?? name)
  if (version) app.setVersion(version)
  app.setPath('userData', join(app.getPath('appData'), productName ?? name))
  app.setAppPath(folder)
  require(join(folder, main ?? 'index.js'))
} else {
  process.stderr.write(`No app among the arguments: ${process.argv.slice(1).join(' ')}\n`)
  process.stderr.write(`Start it as: ${join(dirname(process.execPath), 'electron')} path/to/app\n`)
  app.exit(1)
}
