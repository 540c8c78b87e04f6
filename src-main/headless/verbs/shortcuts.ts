import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { WorkbenchError } from '@shared/errors'
import type { Difference, Estimate, ShortcutReport } from '@shared/schemas/shortcut'
import { runDocument } from '../documents'
import { commaList, integer } from '../options'
import type { Session } from '../session'
import { runText } from '../run-text'
import { figure, percent, table } from '../text'
import { waitForRun } from '../training'
import type { AddAction, Said } from './define'

interface ShortcutOptions {
  run: string
  again?: boolean
  mask?: number
  name?: string
}

/** shortcuts. */
export function addShortcutVerbs(program: Command, addAction: AddAction): void {
  const verb = program
    .command('shortcuts')
    .description('find the regions, words or columns that a model leans on over the whole set')
    .requiredOption('--run <run>', 'its id or name')
    .option('--again', 'look again, though the run keeps what was found')
    .option('--mask <number>', 'train the same run anew without the finding of that number (1 is the first)', integer)
    .option('--name <name>', 'name of that new run')
  addAction(verb, {}, async (session, options: ShortcutOptions) => {
    const { run, again, mask } = options
    const report = await session.client.shortcuts.find({ run, again })
    if (mask === undefined) return { document: report, text: shortcutsText(report) }
    return maskedRun(session, report, { ...options, mask })
  })
}

async function maskedRun(
  session: Session,
  report: ShortcutReport,
  { run, mask, name }: ShortcutOptions & { mask: number },
): Promise<Said> {
  const finding = report.found[mask - 1]
  if (!finding)
    throw new WorkbenchError('not_found', `There is no finding ${mask}; there are ${report.found.length}, from 1.`)
  const started = await session.client.shortcuts.maskAndRetrain({ run, mask: finding.mask, name })
  session.reporter.note(`run ${started.name} (${started.runId}) started without ${finding.title}`)
  const ended = await waitForRun(session, started.runId)
  return {
    document: { masked: finding.mask, run: runDocument(ended) },
    text: [shortcutsText(report), runText(ended)].join('\n\n'),
    exitCode: ended.status === 'failed' ? 1 : 0,
  }
}

const points = ({ value, low, high }: Estimate) => `${percent(value)} [${percent(low)}, ${percent(high)}]`

function shortcutsText({ summary, found }: ShortcutReport): string {
  const rows = found.map(({ title, class: name, drop, rise, isStrong }, i) => [
    String(i + 1),
    title,
    name,
    points(drop),
    rise ? points(rise) : '',
    isStrong ? 'strong' : '',
  ])
  const head = ['', 'leans on', 'for', 'falls when masked [interval]', 'rises elsewhere [interval]', '']
  return [...summary, ...(rows.length > 0 ? [table(head, rows)] : [])].join('\n')
}

export interface DifferenceOptions {
  run: string
  against: string
  /** One, or several with commas between. */
  sample: string
  method: string
  targetClass?: string
  out?: string
}

/** `explain --run A --against B`: the same samples by both runs, and where their maps differ. */
export async function difference(
  { client }: Session,
  { run, against, sample, method, targetClass, out }: DifferenceOptions,
  params: Record<string, unknown>,
): Promise<Said> {
  const samples = commaList(sample)
  const found = await client.shortcuts.difference({ run, against, samples, method, params, targetClass })
  if (out) await writeFile(out, JSON.stringify(found))
  return { document: found, text: differenceText(found) }
}

function differenceText({ samples, where, parts, method, scale }: Difference): string {
  const rows = samples.map(({ first, second }) => [
    String(first.sampleId),
    first.target,
    percent(first.probabilities[first.target]),
    percent(second.probabilities[first.target]),
  ])
  const lines = [
    `${method} of ${samples.length} samples by both runs, on one scale of ${figure(scale)}`,
    table(['sample', 'class explained', 'first run', 'second run'], rows),
  ]
  if (where) lines.push(whereText(where))
  if (parts) {
    const shown = parts.slice(0, 20).map((part) => [part.name, ...[part.first, part.second, part.distance].map(figure)])
    lines.push(table(['part', 'first', 'second', '|difference|'], shown))
  }
  return lines.join('\n')
}

function whereText({ shape, data, threshold, pixels, overlap }: NonNullable<Difference['where']>): string {
  const [, width] = shape
  const largest = Math.max(...data)
  const on = data.flatMap((value, i) => (largest > 0 && value >= threshold * largest ? [i] : []))
  const [columns, rows] = [on.map((i) => i % width), on.map((i) => Math.floor(i / width))]
  const within =
    on.length === 0
      ? 'the maps are the same'
      : `they differ in ${pixels} pixels, within columns ${Math.min(...columns) + 1} to ${Math.max(...columns) + 1} and rows ${Math.min(...rows) + 1} to ${Math.max(...rows) + 1}`
  const masked = overlap === null ? '' : `; overlap with what only one run masks: IoU ${overlap.toFixed(2)}`
  return `${within} (mean |difference| of at least ${percent(threshold)} of the largest)${masked}`
}
