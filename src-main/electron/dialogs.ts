import { dialog, shell, type BrowserWindow, type OpenDialogOptions } from 'electron'
import { clipExtensions, tableExtensions } from '@shared/file-kinds'
import type { DesktopShell } from '../services/files-service'

type Kind = Parameters<DesktopShell['choose']>[0]

const dialogs: Record<Kind, OpenDialogOptions> = {
  folder: { title: 'Choose a folder', properties: ['openDirectory'] },
  pictures: {
    title: 'Choose pictures',
    properties: ['openFile', 'multiSelections'],
    filters: [
      { name: 'Pictures', extensions: ['png', 'jpg', 'jpeg', 'webp', 'gif', 'bmp', 'tif', 'tiff', 'avif'] },
      { name: 'All files', extensions: ['*'] },
    ],
  },
  table: {
    title: 'Choose a table',
    properties: ['openFile'],
    filters: [
      { name: 'Tables', extensions: [...tableExtensions] },
      { name: 'Archives', extensions: ['zip', 'tar', 'gz', 'tgz'] },
      { name: 'All files', extensions: ['*'] },
    ],
  },
  series: {
    title: 'Choose files of time series',
    properties: ['openFile', 'multiSelections'],
    filters: [
      { name: 'Time series', extensions: ['ts', 'csv', 'tsv', 'tab', 'zip', 'tar', 'gz', 'tgz'] },
      { name: 'All files', extensions: ['*'] },
    ],
  },
  clips: {
    title: 'Choose audio clips',
    properties: ['openFile', 'multiSelections'],
    filters: [
      { name: 'Audio clips', extensions: clipExtensions },
      { name: 'All files', extensions: ['*'] },
    ],
  },
  backup: {
    title: 'Choose a backup',
    properties: ['openFile'],
    filters: [{ name: 'Backups of Pellucid', extensions: ['tar'] }],
  },
}

/** The operating system's dialogs, over the window that asks. */
export const desktopShell = (window: () => BrowserWindow | null): DesktopShell => ({
  async choose(kind) {
    const parent = window()
    const options = dialogs[kind]
    const { filePaths } = await (parent ? dialog.showOpenDialog(parent, options) : dialog.showOpenDialog(options))
    return filePaths
  },
  async chooseSave(suggestedName) {
    const parent = window()
    const options = { defaultPath: suggestedName }
    const { filePath } = await (parent ? dialog.showSaveDialog(parent, options) : dialog.showSaveDialog(options))
    return filePath || null
  },
  async reveal(path) {
    shell.showItemInFolder(path)
  },
})

/** Asks before runs are cut short; true means close. */
export async function confirmClose(window: BrowserWindow, running: number): Promise<boolean> {
  const what = running === 1 ? 'A run is' : `${running} runs are`
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: `${what} still training.`,
    detail: 'Closing stops training now. What is trained so far is kept, and can be resumed later.',
    buttons: ['Keep training', 'Stop and close'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  })
  return response === 1
}
