import { resolve } from 'node:path'
import type { Command } from 'commander'
import { table } from '../text'
import type { AddAction } from './define'

/** backup, restore, doctor, tour. */
export function addWorkspaceVerbs(program: Command, addAction: AddAction): void {
  const backupVerb = program.command('backup <file>').description('write the whole workspace into one .tar file')
  addAction(backupVerb, { reads: true }, async ({ client }, file: string) => {
    const result = await client.workspace.backup({ path: resolve(file) })
    return { document: result, text: result.files.join('\n') }
  })

  const restoreVerb = program
    .command('restore <file>')
    .description('put a backup in the place of the workspace, after checking it')
  addAction(restoreVerb, {}, async ({ client }, file: string) => {
    const result = await client.workspace.restore({ path: resolve(file) })
    return { document: result, text: 'Restored.' }
  })

  const doctorVerb = program.command('doctor').description('check everything that Pellucid stands on')
  addAction(doctorVerb, { reads: true }, async ({ client }) => {
    const doctor = await client.workspace.doctor({})
    const rows = doctor.checks.map(({ id, ok, found, expected }) => [ok ? 'ok' : 'NO', id, found, expected])
    const fixes = doctor.checks.filter(({ fix }) => fix !== null).map(({ id, fix }) => `${id}: ${fix}`)
    const text = [table(['', 'check', 'found', 'expected'], rows), ...fixes].join('\n')
    return { document: doctor, text, exitCode: doctor.ok ? 0 : 1 }
  })

  const tourVerb = program.command('tour').description('do the whole main job on the bundled samples and check it')
  addAction(tourVerb, {}, async (session) => {
    const { runTour } = await import('../tour')
    const tour = await runTour(session)
    const rows = tour.steps.map(({ id, ok, seconds, result }) => [
      ok ? 'ok' : 'NO',
      id,
      `${seconds.toFixed(1)} s`,
      JSON.stringify(result).slice(0, 100),
    ])
    return { document: tour, text: table(['', 'step', 'took', 'result'], rows), exitCode: tour.ok ? 0 : 1 }
  })
}
