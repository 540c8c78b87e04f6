import type { Command } from 'commander'
import { integer } from '../options'
import type { ProgramPaths } from '../session'
import type { AddAction } from './define'

/** serve: the same interface in a browser on this machine. */
export function addServeVerb(program: Command, paths: ProgramPaths, addAction: AddAction): void {
  const serveVerb = program
    .command('serve')
    .description('show the workbench in a browser on this machine, until Ctrl-C')
    .option('--port <port>', 'port on 127.0.0.1 (default: any free one)', integer, 0)
  addAction(serveVerb, { kind: 'serve' }, async (session, { port }: { port: number }) => {
    const { startServer } = await import('../serve') // nothing else loads the HTTP server
    const server = await startServer(session.workbench, { port, renderer: paths.renderer })
    session.say({ document: { url: server.url }, text: `Pellucid is at ${server.url}\nEnd it with Ctrl-C.` })
    await new Promise<void>((resolve) => {
      if (session.signal.aborted) resolve()
      session.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await server.close()
    return null
  })
}
