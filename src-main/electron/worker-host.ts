import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { forkHost, type OnOutput } from '../headless/fork-host'
import type { SpawnWorker } from '../worker/host'
import { utilityHost } from './utility-host'

/**
 * Workers of the desktop app. On Linux Electron loads the system's GLib into each of its processes, which the picture
 * decoder's own GLib does not survive, so there they run in the Node that started the app; elsewhere, and where no Node
 * is found, as utility processes.
 */
export function desktopHost(script: string, onOutput: OnOutput, platform = process.platform): SpawnWorker {
  const node = platform === 'linux' ? findNode(process.env) : null
  return node ? forkHost(script, onOutput, node) : utilityHost(script, onOutput)
}

/** `$PELLUCID_NODE`, the Node that runs npm, or the first `node` on the path. */
export function findNode(env: NodeJS.ProcessEnv): string | null {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean)
  const named = [env['PELLUCID_NODE'], env['npm_node_execpath']].filter((path): path is string => Boolean(path))
  return [...named, ...folders.map((folder) => join(folder, 'node'))].find(isExecutable) ?? null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
