import { existsSync } from 'node:fs'
import { ask, lastLines, run, which } from './run.mjs'

// Newer releases renamed some packages (64-bit time): the first name that the system knows is taken.
const window = [
  ['libgtk-3-0', 'libgtk-3-0t64'],
  ['libnss3'],
  ['libasound2', 'libasound2t64'],
  ['libgbm1'],
  ['libatk-bridge2.0-0', 'libatk-bridge2.0-0t64'],
  ['libxss1'],
  ['xvfb'],
]
const compile = [['build-essential'], ['python3'], ['python3-pip']]
const browser = [['chromium']]

/** The packages wanted for starting, and for the tests besides. Each entry lists the names it may have. */
export function wantedPackages(forTests) {
  return forTests ? [...window, ...compile, ...browser] : [...window, ...compile]
}

/** Entries of `wanted` of which no name is in `installed`. */
export function lackingPackages(wanted, installed) {
  return wanted.filter((names) => !names.some((name) => installed.has(name)))
}

/** What `dpkg-query` says is installed, from its lines "ii  name". */
export function parseInstalled(output) {
  const lines = output.split('\n').map((line) => line.trim().split(/\s+/))
  return new Set(lines.filter(([state]) => state === 'ii').map(([, name]) => name))
}

/** As root on Debian and its children installs what is missing; elsewhere says what to install. Never fatal. */
export async function bringSystemLibraries({ forTests }, progress) {
  progress.begin('System libraries')
  if (process.platform !== 'linux') return progress.end('nothing to do on this system')
  if (!existsSync('/etc/debian_version') || !which('dpkg-query')) {
    return progress.end('not Debian or Ubuntu: GTK 3, NSS, ALSA and a C++ compiler are expected to be there')
  }
  const wanted = wantedPackages(forTests)
  const lacking = lackingPackages(wanted, installedAmong(wanted.flat()))
  if (lacking.length === 0) return progress.end('all there')

  const names = lacking.map((names) => names[0])
  if (process.getuid() !== 0) {
    return progress.end(`not installed: ${names.join(' ')}. To do: sudo apt-get install ${names.join(' ')}`)
  }
  progress.say(`installing ${names.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const options = { env, log: 'system-libraries', onTick: (output) => progress.tick(lastLines(output, 1).trim()) }
  // Another apt may be at work, as on a machine that has just booted.
  const apt = (args) => run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], options)
  await apt(['update'])
  const chosen = lacking.map((names) => names.find(isKnown) ?? names[0])
  const { code, output } = await apt(['install', '-y', '--no-install-recommends', ...chosen])
  if (code === 0) return progress.end(`installed ${chosen.join(' ')}`)
  progress.say(`apt-get failed, going on without:\n${lastLines(output, 4)}`)
  progress.end(`not installed: ${chosen.join(' ')}`)
}

function installedAmong(names) {
  // It exits 1 when one name is unknown, and still lists the others: the exit code says nothing here.
  const format = '${db:Status-Abbrev} ${Package}\\n'
  return parseInstalled(ask('sh', ['-c', 'dpkg-query -W -f="$0" "$@" 2>/dev/null; true', format, ...names]) ?? '')
}

function isKnown(name) {
  return Boolean(ask('apt-cache', ['show', '--no-all-versions', name]))
}
