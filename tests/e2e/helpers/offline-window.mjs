// Run inside a network namespace of its own, since a debugger must reach the app's ports there: opens the window, imports
// a sample through the page, and prints what it saw as JSON.
import { networkInterfaces } from 'node:os'
import { _electron } from 'playwright'

const [executablePath, workspace, ...args] = process.argv.slice(2)
const app = await _electron.launch({ executablePath, args: [...args, `--workspace=${workspace}`] })
const page = await app.firstWindow()
const complaints = []
page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
await page.waitForLoadState('load')
const call = (method, input) => page.evaluate(([name, value]) => window.pellucid.call(name, value), [method, input])
const imported = await call('datasets.importSample', { id: 'german-credit', name: 'german' })
await page.getByText('0 bytes sent').first().waitFor()
const info = await call('workspace.get', {})
process.stdout.write(
  JSON.stringify({
    interfaces: Object.keys(networkInterfaces()),
    imported: imported.ok,
    bytesSent: info.value.bytesSent,
    complaints,
  }),
)
await app.close()
