import { app, Menu, type MenuItemConstructorOptions, type WebContents } from 'electron'

const isMac = process.platform === 'darwin'

/**
 * The menu bar. Undo and redo belong to the page: it decides whether a text field or the labels are meant, so the menu
 * shows their keys and passes them on, and does not take them.
 */
export function setMenu(contents: () => WebContents | null): void {
  const press = (keyCode: string, modifiers: Electron.InputEvent['modifiers'] = []) => {
    for (const type of ['keyDown', 'char', 'keyUp'] as const) contents()?.sendInputEvent({ type, keyCode, modifiers })
  }
  const control = isMac ? 'meta' : 'control'
  const shown = (accelerator: string) => (isMac ? {} : { accelerator, registerAccelerator: false })
  const file: MenuItemConstructorOptions = {
    label: '&File',
    submenu: [isMac ? { role: 'close' } : { role: 'quit', accelerator: 'Ctrl+Q' }],
  }
  const edit: MenuItemConstructorOptions = {
    label: '&Edit',
    submenu: [
      { label: 'Undo', ...shown('Ctrl+Z'), click: () => press('Z', [control]) },
      { label: 'Redo', ...shown('Ctrl+Shift+Z'), click: () => press('Z', [control, 'shift']) },
      { type: 'separator' },
      { role: 'cut' },
      { role: 'copy' },
      { role: 'paste' },
      // Select all means all samples in the gallery: the page's to decide, too.
      { label: 'Select All', ...shown('Ctrl+A'), click: () => press('A', [control]) },
    ],
  }
  const view: MenuItemConstructorOptions = {
    label: '&View',
    submenu: [
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      { type: 'separator' },
      { role: 'togglefullscreen' },
      ...(app.isPackaged ? [] : [{ role: 'reload' as const }, { role: 'toggleDevTools' as const }]),
    ],
  }
  const help: MenuItemConstructorOptions = {
    label: '&Help',
    submenu: [{ label: 'Keyboard Shortcuts', click: () => press('?') }, { role: 'about' }],
  }
  const mac: MenuItemConstructorOptions[] = isMac ? [{ role: 'appMenu' }] : []
  Menu.setApplicationMenu(Menu.buildFromTemplate([...mac, file, edit, view, { role: 'windowMenu' }, help]))
}
