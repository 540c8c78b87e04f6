import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { throwIfAborted, WorkbenchError } from '@shared/errors'
import { fileFacts } from '../file-facts'
import { SheetReader, type SheetRow } from '../sheet'
import { findPart, readWorkbook, type Workbook } from '../workbook'
import { XmlScanner } from '../xml'
import { damagedZip, openZip, type ZipPart } from '../zip-file'
import { defineTableFormat, nameColumns, type TableRow } from './define'

const limitBytes = 4 * 1024 ** 3
/** Shared texts lie in memory while the sheet is read. */
const stringsLimitBytes = 256 * 1024 ** 2

/** The first visible sheet of an Excel workbook; its first row that is not empty names the columns. */
export default defineTableFormat({
  id: 'xlsx',
  extensions: ['xlsx'],

  async open(path, signal) {
    await refuseOldExcel(path)
    const facts = await fileFacts(path, signal)
    const { workbook, header } = await withZip(path, async (parts) => {
      const found = await readWorkbook(parts, signal)
      for await (const row of sheetRows(parts, found, signal)) return { workbook: found, header: row.cells }
      return { workbook: found, header: [] }
    })
    const { sheetName, otherSheets } = workbook
    const named = nameColumns(path, withoutEmptyEnd(header))
    const others = otherSheets.slice(0, 20).join('", "')
    const notes = otherSheets.length > 0 ? [`Sheet "${sheetName}" was read; "${others}" were not.`] : []
    return {
      ...facts,
      ...named,
      notes: [...notes, ...named.notes],
      declared: {},
      allowsDecimalComma: true,
      unit: 'row',
      rows: (inner) => readRows(path, workbook, named.names.length, inner),
    }
  },
})

async function* readRows(
  path: string,
  workbook: Workbook,
  width: number,
  signal: AbortSignal,
): AsyncGenerator<TableRow> {
  const { parts, close } = await openZip(path, limitBytes)
  try {
    let isHeader = true
    for await (const { number, cells } of sheetRows(parts, workbook, signal)) {
      // Cells that were never filled are left out of the file.
      while (cells.length < width) cells.push('')
      if (!isHeader) yield { cells, at: number }
      isHeader = false
    }
  } catch (error) {
    throw asInvalid(path, error)
  } finally {
    close()
  }
}

/** The sheet's rows that hold anything, one by one while it unpacks. */
async function* sheetRows(parts: ZipPart[], workbook: Workbook, signal: AbortSignal): AsyncGenerator<SheetRow> {
  const part = findPart(parts, workbook.sheetPart)
  if (!part) throw new WorkbenchError('invalid_input', `It has no part "${workbook.sheetPart}".`)
  const reader = new SheetReader(workbook)
  const scanner = new XmlScanner(reader)
  const decoder = new TextDecoder()
  for await (const chunk of (await part.open()) as AsyncIterable<Buffer>) {
    throwIfAborted(signal)
    scanner.write(decoder.decode(chunk, { stream: true }))
    for (const row of reader.take()) if (row.cells.some((cell) => cell !== '')) yield row
  }
  scanner.end()
}

async function withZip<T>(path: string, read: (parts: ZipPart[]) => Promise<T>): Promise<T> {
  const { parts, close } = await openZip(path, limitBytes)
  try {
    const strings = findPart(parts, 'xl/sharedStrings.xml')
    if (strings && strings.sizeBytes > stringsLimitBytes)
      throw new WorkbenchError('invalid_input', 'It holds more than 256 MiB of text; save it as CSV instead.')
    return await read(parts)
  } catch (error) {
    throw asInvalid(path, error)
  } finally {
    close()
  }
}

function asInvalid(path: string, error: unknown): Error {
  if (!(error instanceof WorkbenchError)) return damagedZip(path, error as Error)
  if (error.code !== 'invalid_input' || error.message.startsWith('"')) return error
  return new WorkbenchError('invalid_input', `"${basename(path)}" could not be read as Excel. ${error.message}`)
}

/** Files of Excel 97, and those with a password, are no ZIP but begin alike. */
async function refuseOldExcel(path: string): Promise<void> {
  const file = await open(path, 'r').catch(() => null)
  if (!file) return // told by what reads it next
  try {
    const start = Buffer.alloc(4)
    await file.read(start, 0, 4, 0)
    if (start.toString('hex') !== 'd0cf11e0') return
  } finally {
    await file.close()
  }
  throw new WorkbenchError(
    'invalid_input',
    `"${basename(path)}" is an Excel file of the old kind (.xls) or protected by a password. Save it as .xlsx without one.`,
  )
}

function withoutEmptyEnd(cells: string[]): string[] {
  let length = cells.length
  while (length > 0 && cells[length - 1] === '') length--
  return cells.slice(0, length)
}
