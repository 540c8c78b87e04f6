import { readdir, realpath, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Service } from '@shared/contract'
import { WorkbenchError } from '@shared/errors'

/** What a shell with windows of the operating system can do; a browser page and the command line cannot. */
export interface DesktopShell {
  choose(kind: 'folder' | 'table' | 'series' | 'clips' | 'pictures' | 'backup'): Promise<string[]>
  chooseSave(suggestedName: string): Promise<string | null>
  reveal(path: string): Promise<void>
}

const listedEntries = 5000

/** Files of this machine: the operating system's dialogs in the window, a folder browser for pages in a browser. */
export class FilesService implements Service<'files'> {
  constructor(private readonly desktop?: DesktopShell) {}

  /** Folders first, then files, by name; hidden ones left out. An empty path is the home folder. */
  async list({ path }: { path: string }) {
    const folder = await realpath(resolve(path || homedir())).catch(() => null)
    if (!folder) throw new WorkbenchError('not_found', `There is no folder "${path}". Check the path and try again.`)
    const found = await readdir(folder, { withFileTypes: true }).catch((error: { code?: string }) => {
      if (error.code === 'ENOTDIR') throw new WorkbenchError('invalid_input', `"${path}" is a file, not a folder.`)
      throw error
    })
    const visible = found.filter((entry) => !entry.name.startsWith('.')).slice(0, listedEntries)
    const entries = await Promise.all(
      visible.map(async ({ name }) => {
        const entry = join(folder, name)
        const info = await stat(entry).catch(() => null) // a link may lead nowhere
        const isFolder = info?.isDirectory() ?? false
        return { name, path: entry, isFolder, sizeBytes: isFolder ? null : (info?.size ?? null) }
      }),
    )
    entries.sort(
      (a, b) => Number(b.isFolder) - Number(a.isFolder) || a.name.localeCompare(b.name, undefined, { numeric: true }),
    )
    const parent = dirname(folder)
    return { path: folder, parent: parent === folder ? null : parent, entries }
  }

  async choose({ kind }: { kind: 'folder' | 'table' | 'series' | 'clips' | 'pictures' | 'backup' }) {
    return { paths: await this.#shell('dialogs').choose(kind) }
  }

  async chooseSave({ suggestedName }: { suggestedName: string }) {
    return { path: await this.#shell('dialogs').chooseSave(suggestedName) }
  }

  async reveal({ path }: { path: string }) {
    if (!(await stat(path).catch(() => null))) throw new WorkbenchError('not_found', `"${path}" is not there any more.`)
    await this.#shell('the file manager').reveal(path)
    return { ok: true as const }
  }

  #shell(what: string): DesktopShell {
    if (this.desktop) return this.desktop
    throw new WorkbenchError('incompatible', `Only the desktop window can open ${what}; type the path instead.`)
  }
}
