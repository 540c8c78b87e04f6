import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout this set-up belongs to. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')

/** What belongs to this checkout alone: stamps, logs, test reports. Deleting it only costs time. */
export const repoCache = join(root, '.cache')

export const stampsDir = join(repoCache, 'setup')
export const logsDir = join(repoCache, 'logs')
export const runtimeFile = join(repoCache, 'runtime.json')

/** Where heavy artefacts live, shared by all checkouts of one user: TensorFlow, Electron, compiled addons. */
export function userCacheDir(env = process.env, platform = process.platform, home = homedir()) {
  if (env.PELLUCID_CACHE) return env.PELLUCID_CACHE
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'pellucid')
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'pellucid')
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'pellucid', 'cache')
  return join(home, '.cache', 'pellucid')
}
