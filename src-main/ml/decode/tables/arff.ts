import { basename } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import type { FieldKind } from '@shared/schemas/dataset'
import { openTextFile, readLines, type TextFile } from '../text-file'
import { defineTableFormat, nameColumns, type TableRow } from './define'

interface Attribute {
  name: string
  kind: FieldKind | null
  /** What a sparse row means by leaving it out: 0, or the first of the nominal values. */
  default: string
}

const attributePattern = /^@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S+)\s+(.+)$/i

/** ARFF, the format of Weka: a header that declares the attributes, then comma-parted rows, dense or sparse. */
export default defineTableFormat({
  id: 'arff',
  extensions: ['arff'],

  async open(path, signal) {
    const file = await openTextFile(path, signal)
    const attributes = await readHeader(file, signal)
    const named = nameColumns(
      path,
      attributes.map(({ name }) => name),
    )
    const declared = Object.fromEntries(attributes.flatMap(({ kind }, at) => (kind ? [[named.names[at]!, kind]] : [])))
    return {
      ...file,
      ...named,
      declared,
      allowsDecimalComma: false,
      unit: 'line',
      rows: (inner) => readRows(file, attributes, inner),
    }
  },
})

async function readHeader(file: TextFile, signal: AbortSignal): Promise<Attribute[]> {
  const attributes: Attribute[] = []
  for await (const { text, number } of readLines(file, signal)) {
    const line = text.trim()
    if (/^@data\b/i.test(line)) return attributes
    if (!/^@attribute\b/i.test(line)) continue
    const match = attributePattern.exec(line)
    if (!match) throw damaged(file, `line ${number}: expected "@attribute NAME TYPE", got "${line.slice(0, 80)}".`)
    attributes.push(attributeOf(unquoted(match[1]!), match[2]!.trim()))
  }
  throw damaged(file, 'it has no @data line.')
}

function attributeOf(name: string, type: string): Attribute {
  if (type.startsWith('{')) {
    const values = splitCells(type.replace(/^\{|\}\s*(%.*)?$/g, ''))
    return { name, kind: 'category', default: values?.[0] ?? '' }
  }
  if (/^(numeric|real|integer)\b/i.test(type)) return { name, kind: 'number', default: '0' }
  return { name, kind: null, default: '' }
}

const damaged = ({ path }: TextFile, what: string) =>
  new WorkbenchError('invalid_input', `"${basename(path)}" could not be read as ARFF: ${what}`)

async function* readRows(file: TextFile, attributes: Attribute[], signal: AbortSignal): AsyncGenerator<TableRow> {
  let isData = false
  for await (const { text, number } of readLines(file, signal)) {
    const line = text.trim()
    if (line === '' || line.startsWith('%')) continue
    if (!isData) {
      isData = /^@data\b/i.test(line)
      continue
    }
    const cells = line.startsWith('{') ? sparseCells(line, attributes) : splitCells(line)
    yield cells
      ? { at: number, cells }
      : { at: number, problem: 'A quotation mark or brace is not closed, or an index is wrong.' }
  }
}

/** `{1 X, 3 Y}`: values by index from 0; null when it is no such row. */
function sparseCells(line: string, attributes: Attribute[]): string[] | null {
  if (!line.endsWith('}')) return null
  const cells = attributes.map((attribute) => attribute.default)
  const inner = line.slice(1, -1).trim()
  for (const part of inner === '' ? [] : (splitCells(inner, true) ?? [''])) {
    const match = /^(\d+)\s+(.+)$/s.exec(part)
    if (!match || Number(match[1]) >= cells.length) return null
    cells[Number(match[1])] = unquoted(match[2]!)
  }
  return cells
}

/** Cells between commas; quoted by ' or ", with \ before a quotation mark within. Null when a quote stays open. */
function splitCells(line: string, keepQuotes = false): string[] | null {
  const cells: string[] = []
  let cell = ''
  let quote = ''
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!
    if (char === '\\' && quote !== '' && at + 1 < line.length) cell += char + line[++at]!
    else if (quote !== '') {
      cell += char
      if (char === quote) quote = ''
    } else if ((char === "'" || char === '"') && (cell.trim() === '' || keepQuotes)) {
      quote = char
      cell += char
    } else if (char === ',') {
      cells.push(cell.trim())
      cell = ''
    } else cell += char
  }
  cells.push(cell.trim())
  if (quote !== '') return null
  return keepQuotes ? cells : cells.map(unquoted)
}

const unquoted = (cell: string) =>
  /^(['"]).*\1$/s.test(cell) && cell.length >= 2 ? cell.slice(1, -1).replace(/\\(.)/gs, '$1').trim() : cell
