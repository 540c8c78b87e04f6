import { basename } from 'node:path'
import { isMissing, parseNumber } from '@shared/cells'
import { WorkbenchError } from '@shared/errors'
import type { Split } from '@shared/schemas/dataset'
import { profileTable, readRows, type TableFile } from '../table-file'
import { longRoles, recordingRoles, wideRoles, type Roles } from './columns'
import { interleave, splitOfName, type OneSeries, type SeriesSource } from './define'

/** A table whose rows are series, or steps of series. Throws `invalid_input` saying what columns it should have. */
export async function openTableSeries(path: string, signal: AbortSignal): Promise<SeriesSource> {
  const table = await profileTable(path, {}, signal)
  const long = longRoles(table.columns)
  if (long && hasRepeats(table, long.name!)) return longSource(table, long)
  const wide = wideRoles(table.columns)
  if (wide) return wideSource(table, wide)
  throw new WorkbenchError(
    'invalid_input',
    `"${basename(path)}" does not look like series. Expected one series a row (columns t0, t1, t2 … and one with the class), or one step a row with the columns id, time, the channels, and label.`,
  )
}

const hasRepeats = ({ columns, rowCount }: TableFile, at: number) => columns[at]!.distinct < rowCount

const common = ({ notes, skipped, sizeBytes }: TableFile) => ({ notes: [...notes], skipped, sizeBytes })

function wideSource(table: TableFile, roles: Roles): SeriesSource {
  const { columns } = table
  const first = headerSeries(columns.map(({ name }) => name))
  // Without column names the class comes first, as in the UCR archive.
  const label = first && columns[0]!.distinct <= 100 ? 0 : roles.label
  const channels = first
    ? [{ name: 'value', columns: [...columns.keys()].filter((at) => at !== label) }]
    : roles.channels
  const file = basename(table.path)
  const split = splitOfName(file)
  const stepCount = channels[0]!.columns.length
  const layout = `One series a row: ${stepCount} steps${channels.length > 1 ? ` of ${channels.length} channels` : ''}, from the columns "${columns[channels[0]!.columns[0]!]!.name}" to "${columns[channels.at(-1)!.columns.at(-1)!]!.name}".`
  const facts = common(table)
  if (first) {
    facts.notes = facts.notes.filter((note) => !note.includes('only numbers') && !note.includes('names more than one'))
    facts.notes.push('The first line holds numbers, so it was taken as the first series; there are no column names.')
  }
  if (label !== null)
    facts.notes.push(`The class is the ${first ? 'first column' : `column "${columns[label]!.name}"`}.`)
  const toSeries = (cells: string[], row: number): OneSeries => ({
    name: roles.name === null ? `${file}#${row}` : cells[roles.name]!,
    className: label === null || isMissing(cells[label]!) ? null : classOf(cells[label]!),
    split: (roles.split === null ? null : splitOfCell(cells[roles.split]!)) ?? split,
    ...interleave(
      channels.map((channel) => trimmed(channel.columns.map((at) => numberOf(cells[at]!, columns[at]!.decimal)))),
    ),
  })
  return {
    layout,
    channels: channels.map(({ name }) => name),
    ...facts,
    async *read(signal) {
      let row = 0
      if (first) yield toSeries(first, ++row)
      for await (const cells of readRows(table, signal)) {
        const series = toSeries(cells, ++row)
        if (series.steps > 0) yield series
      }
    },
  }
}

/** The line of column names, where it is one of numbers that do not count up: it is the first series. */
function headerSeries(names: string[]): string[] | null {
  const cells = names.map((name) => name.replace(/ \(\d+\)$/, ''))
  const numbers = cells.map(Number)
  if (cells.length < 3 || cells.some((cell) => cell.trim() === '') || numbers.some(Number.isNaN)) return null
  return numbers.every((value, at) => at === 0 || value === numbers[at - 1]! + 1) ? null : cells
}

/** Classes written as 1.0 and 1 are the same. */
const classOf = (cell: string) => (/^-?\d+\.0*$|^-?\d+(\.\d+)?e[+-]?\d+$/i.test(cell) ? String(Number(cell)) : cell)

function longSource(table: TableFile, roles: NonNullable<ReturnType<typeof longRoles>>): SeriesSource {
  const { columns } = table
  const named = (at: number | null) => (at === null ? '' : `"${columns[at]!.name}"`)
  const layout = `One step a row: ${named(roles.name)} names the series${roles.time === null ? '' : `, ${named(roles.time)} orders its steps`}.`
  const facts = common(table)
  if (roles.label !== null) facts.notes.push(`The class is the column ${named(roles.label)}.`)
  if (roles.time === null) facts.notes.push('No column tells the time; the steps stay in the order of the rows.')
  else facts.notes.push('Steps count as evenly spaced: networks see their order, not the time between them.')
  return {
    layout,
    channels: roles.channels.map(({ name }) => name),
    ...facts,
    async *read(signal) {
      // Rows of one series need not stand together.
      const all = new Map<
        string,
        { times: number[]; steps: number[][]; className: string | null; split: Split | null }
      >()
      for await (const cells of readRows(table, signal)) {
        const name = cells[roles.name!]!
        const entry = all.get(name) ?? { times: [], steps: [], className: null, split: null }
        entry.times.push(roles.time === null ? entry.times.length : timeOf(cells[roles.time]!))
        entry.steps.push(roles.channels.map(({ columns: [at] }) => numberOf(cells[at!]!, columns[at!]!.decimal)))
        if (roles.label !== null && !isMissing(cells[roles.label]!)) entry.className ??= classOf(cells[roles.label]!)
        if (roles.split !== null) entry.split ??= splitOfCell(cells[roles.split]!)
        all.set(name, entry)
      }
      const width = roles.channels.length
      for (const [name, { times, steps, className, split }] of all) {
        const order = [...times.keys()].sort((a, b) => times[a]! - times[b]! || a - b)
        const values = new Float32Array(steps.length * width)
        order.forEach((from, to) => values.set(steps[from]!, to * width))
        yield { name, className, split, steps: steps.length, values }
      }
    },
  }
}

/** One recording: a table with a row a step. Null where it lacks one of `wanted`, the channels of the others. */
export async function readRecording(path: string, wanted: string[] | null, signal: AbortSignal) {
  const table = await profileTable(path, {}, signal)
  const { columns } = table
  const roles = recordingRoles(columns)
  const names = wanted ?? roles.channels.map((at) => columns[at]!.name)
  const places = names.map((name) => columns.findIndex((column) => column.name === name))
  if (names.length === 0 || places.includes(-1)) return null
  const steps: number[] = []
  for await (const cells of readRows(table, signal))
    for (const at of places) steps.push(numberOf(cells[at]!, columns[at]!.decimal))
  return {
    channels: names,
    steps: steps.length / names.length,
    values: Float32Array.from(steps),
    sizeBytes: table.sizeBytes,
  }
}

const numberOf = (cell: string, decimal: '.' | ',') => (isMissing(cell) ? NaN : (parseNumber(cell, decimal) ?? NaN))

/** A number, or a date as milliseconds; what is neither sorts as it came. */
function timeOf(cell: string): number {
  const number = Number(cell)
  if (cell.trim() !== '' && !Number.isNaN(number)) return number
  const date = Date.parse(cell)
  return Number.isNaN(date) ? 0 : date
}

function splitOfCell(cell: string): Split | null {
  return splitOfName(`_${cell.trim()}`)
}

/** Without the empty cells at the end: shorter series leave them free. */
function trimmed(values: number[]): number[] {
  let length = values.length
  while (length > 0 && Number.isNaN(values[length - 1]!)) length--
  return values.slice(0, length)
}
