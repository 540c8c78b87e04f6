import { posix } from 'node:path'
import { throwIfAborted, WorkbenchError } from '@shared/errors'
import type { ZipPart } from './zip-file'
import { attribute, XmlScanner, type XmlHandler } from './xml'

/** What of an Excel workbook is needed to read the cells of its first sheet. */
export interface Workbook {
  sheetPart: string
  sheetName: string
  otherSheets: string[]
  /** Texts that cells refer to by number. */
  strings: string[]
  /** By cell style: whether it shows its number as a date or time. */
  isDateStyle: boolean[]
  /** Days count from 1904 instead of 1900 (old Macs). */
  is1904: boolean
}

/** Streams one part of the archive through a handler; returns false when there is no such part. */
export async function scanPart(
  parts: ZipPart[],
  name: string,
  handler: XmlHandler,
  signal: AbortSignal,
): Promise<boolean> {
  const part = findPart(parts, name)
  if (!part) return false
  const scanner = new XmlScanner(handler)
  const decoder = new TextDecoder()
  for await (const chunk of (await part.open()) as AsyncIterable<Buffer>) {
    throwIfAborted(signal)
    scanner.write(decoder.decode(chunk, { stream: true }))
  }
  scanner.end()
  return true
}

export const findPart = (parts: ZipPart[], name: string) =>
  parts.find((part) => part.name.toLowerCase() === name.toLowerCase())

/** Reads the list of sheets, the shared texts and the styles (ECMA-376, part 1, chapter 18). */
export async function readWorkbook(parts: ZipPart[], signal: AbortSignal): Promise<Workbook> {
  const sheets: { name: string; relation: string; isHidden: boolean }[] = []
  let is1904 = false
  const isWorkbook = await scanPart(
    parts,
    'xl/workbook.xml',
    {
      open(name, attributes) {
        if (name === 'workbookPr') is1904 = ['1', 'true'].includes(attribute(attributes, 'date1904') ?? '')
        if (name !== 'sheet') return
        sheets.push({
          name: attribute(attributes, 'name') ?? '',
          relation: attribute(attributes, 'id') ?? '',
          isHidden: (attribute(attributes, 'state') ?? 'visible') !== 'visible',
        })
      },
    },
    signal,
  )
  const sheet = sheets.find(({ isHidden }) => !isHidden) ?? sheets[0]
  if (!isWorkbook || !sheet) throw new WorkbenchError('invalid_input', 'The ZIP holds no Excel workbook with a sheet.')
  return {
    sheetPart: await sheetPart(parts, sheet.relation, signal),
    sheetName: sheet.name,
    otherSheets: sheets.filter((other) => other !== sheet).map(({ name }) => name),
    strings: await readStrings(parts, signal),
    isDateStyle: await readStyles(parts, signal),
    is1904,
  }
}

async function sheetPart(parts: ZipPart[], relation: string, signal: AbortSignal): Promise<string> {
  let target = 'worksheets/sheet1.xml'
  const open: XmlHandler['open'] = (name, attributes) => {
    if (name === 'Relationship' && attribute(attributes, 'Id') === relation)
      target = attribute(attributes, 'Target') ?? target
  }
  await scanPart(parts, 'xl/_rels/workbook.xml.rels', { open }, signal)
  return target.startsWith('/') ? target.slice(1) : posix.join('xl', target)
}

/** Texts of `sharedStrings.xml`; those of rich text are joined, hints on how to read it aloud (rPh) left out. */
async function readStrings(parts: ZipPart[], signal: AbortSignal): Promise<string[]> {
  const strings: string[] = []
  let text = ''
  let isText = false
  let isHint = false
  const handler: XmlHandler = {
    open(name) {
      if (name === 'si') text = ''
      else if (name === 't') isText = !isHint
      else if (name === 'rPh') isHint = true
    },
    text(piece) {
      if (isText) text += piece
    },
    close(name) {
      if (name === 'si') strings.push(text)
      else if (name === 't') isText = false
      else if (name === 'rPh') isHint = false
    },
  }
  await scanPart(parts, 'xl/sharedStrings.xml', handler, signal)
  return strings
}

const isBuiltInDate = (id: number) =>
  (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 58 && id !== 48 && id !== 49)

/** A format shows dates when letters for day, month, year, hour or second remain outside of quotes and brackets. */
const isDateFormat = (code: string) => /[ymdhs]/i.test(code.replace(/"[^"]*"|\[[^\]]*\]|\\./g, ''))

async function readStyles(parts: ZipPart[], signal: AbortSignal): Promise<boolean[]> {
  const custom = new Map<number, boolean>()
  const styles: boolean[] = []
  let isCellFormats = false
  const handler: XmlHandler = {
    open(name, attributes) {
      const id = Number(attribute(attributes, 'numFmtId') ?? 0)
      if (name === 'numFmt') custom.set(id, isDateFormat(attribute(attributes, 'formatCode') ?? ''))
      else if (name === 'cellXfs') isCellFormats = true
      else if (name === 'xf' && isCellFormats) styles.push(custom.get(id) ?? isBuiltInDate(id))
    },
    close(name) {
      if (name === 'cellXfs') isCellFormats = false
    },
  }
  await scanPart(parts, 'xl/styles.xml', handler, signal)
  return styles
}
