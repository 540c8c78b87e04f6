import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { ProofReport } from '@shared/schemas/proof'
import { table } from '../text'
import type { AddAction } from './define'

/** pack, verify. */
export function addProofVerbs(program: Command, addAction: AddAction): void {
  const pack = program
    .command('pack <run>')
    .description('write a run with weights, settings, data hashes and figures as one file that anybody can check')
    .option('--with-data', 'put the samples in, so that it can be recomputed from this file alone')
    .option('--out <file>', 'where to write it (default: RUN.pellucid)')
  addAction(pack, { reads: true }, async ({ client }, run: string, options: { withData?: boolean; out?: string }) => {
    const { name } = await client.runs.get({ run })
    const out = resolve(options.out ?? `${name.replace(/[^\p{L}\p{N}_.-]+/gu, '-')}.pellucid`)
    const packed = await client.proofs.pack({ run, out, withData: options.withData })
    const text = [`${packed.files.join(', ')}: ${packed.figures} figures`, `fingerprint ${packed.fingerprint}`].join(
      '\n',
    )
    return { document: packed, text }
  })

  const verify = program
    .command('verify <file>')
    .description('check a packed run: that nothing was changed and, with its data, that every figure comes out again')
    .option('--data <folder>', 'the folder with the data that it was trained on')
    .option('--retrain', 'train it anew, too')
  addAction(
    verify,
    { reads: true },
    async ({ client }, file: string, options: { data?: string; retrain?: boolean }) => {
      const { data, retrain } = options
      const report = await client.proofs.verify({ file: resolve(file), data: data && resolve(data), retrain })
      return { document: report, text: verdictText(report), exitCode: report.isSound ? 0 : 1 }
    },
  )
}

function verdictText({ summary, problems, fingerprint }: ProofReport): string {
  const rows = problems.map(({ kind, name, expected, found }) => [kind, name, expected, found])
  return [
    ...summary,
    ...(rows.length > 0 ? [table(['problem', 'what', 'expected', 'found'], rows)] : []),
    `fingerprint ${fingerprint}`,
  ].join('\n')
}
