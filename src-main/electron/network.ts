import { app, type Session } from 'electron'
import type { Workbench } from '../workbench'
import { scheme } from './pages'

const ownSchemes = new Set([`${scheme}:`, 'devtools:', 'blob:', 'data:'])

/** Must be called before Electron is ready: Chromium's own errands are switched off. */
export function silenceChromium(): void {
  for (const name of [
    'disable-background-networking',
    'disable-component-update',
    'disable-domain-reliability',
    'disable-sync',
    'no-pings',
    'no-first-run',
  ])
    app.commandLine.appendSwitch(name)
  app.commandLine.appendSwitch(
    'disable-features',
    'MediaRouter,OptimizationHints,Translate,SpellcheckServiceMultilingual',
  )
  // Every name but our own machine's leads nowhere, should anything ask all the same.
  app.commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND, EXCLUDE localhost')
}

/** Refuses every request of the window that is not for our own pages, and counts what went out all the same. */
export function forbidNetwork(session: Session, workbench: Workbench): void {
  session.setSpellCheckerEnabled(false) // its dictionaries would be downloaded
  session.setProxy({ mode: 'direct' }).catch(() => {}) // no automatic proxy discovery
  session.webRequest.onBeforeRequest((details, decide) => {
    const isOwn = ownSchemes.has(new URL(details.url).protocol)
    if (!isOwn) workbench.log('warn', 'network', `A request of the window to ${details.url.slice(0, 200)} was refused.`)
    decide({ cancel: !isOwn })
  })
  // Never reached while the line above holds; the figure in the status bar must not depend on that.
  session.webRequest.onSendHeaders({ urls: ['http://*/*', 'https://*/*', 'ws://*/*', 'wss://*/*'] }, (details) => {
    const headers = Object.entries(details.requestHeaders)
    const bytes = headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, details.url.length)
    const bodies = (details as { uploadData?: { bytes?: Buffer }[] }).uploadData ?? []
    workbench.addBytesSent(bodies.reduce((sum, part) => sum + (part.bytes?.length ?? 0), bytes))
  })
}

/** The page may ask the operating system for nothing: no camera, no location, no notifications. */
export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, decide) =>
    decide(permission === 'clipboard-sanitized-write'),
  )
  session.setPermissionCheckHandler((_contents, permission) => permission === 'clipboard-sanitized-write')
  session.setDevicePermissionHandler(() => false)
}
