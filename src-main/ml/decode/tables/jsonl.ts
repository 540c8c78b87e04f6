import { basename } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import { openTextFile, readLines, type TextFile } from '../text-file'
import { defineTableFormat, mostColumns, nameColumns, type TableRow } from './define'

/** JSON Lines: one object a line. Columns are all keys that occur, in the order in which they first do. */
export default defineTableFormat({
  id: 'jsonl',
  extensions: ['jsonl', 'ndjson'],

  async open(path, signal) {
    const file = await openTextFile(path, signal)
    const keys = await findKeys(file, signal)
    return {
      ...file,
      ...nameColumns(path, keys),
      isUnnamed: keys.map(() => false),
      declared: {},
      allowsDecimalComma: true,
      unit: 'line',
      rows: (inner) => readRows(file, keys, inner),
    }
  },
})

async function findKeys(file: TextFile, signal: AbortSignal): Promise<string[]> {
  const keys = new Set<string>()
  for await (const { text } of readLines(file, signal)) {
    const object = parseObject(text)
    if (typeof object === 'object') for (const key of Object.keys(object)) keys.add(key)
    if (keys.size > mostColumns) break // refused by nameColumns
  }
  if (keys.size > 0) return [...keys]
  throw new WorkbenchError(
    'invalid_input',
    `"${basename(file.path)}" has no line that is a JSON object. Expected one object a line, such as {"age": 42, "risk": "good"}.`,
  )
}

async function* readRows(file: TextFile, keys: string[], signal: AbortSignal): AsyncGenerator<TableRow> {
  for await (const { text, number } of readLines(file, signal)) {
    if (text.trim() === '') continue
    const object = parseObject(text)
    if (typeof object === 'string') yield { at: number, problem: object }
    else if (Object.values(object).some(isInexact))
      yield { at: number, problem: 'A number has more digits than can be kept exactly; write it in quotation marks.' }
    else yield { at: number, cells: keys.map((key) => cellOf(Object.hasOwn(object, key) ? object[key] : null)) }
  }
}

/** The line's object, or why it is none. */
function parseObject(text: string): Record<string, unknown> | string {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
    return `Expected an object, got ${Array.isArray(value) ? 'an array' : JSON.stringify(value).slice(0, 40)}.`
  } catch {
    return 'Not valid JSON.'
  }
}

const isInexact = (value: unknown) =>
  typeof value === 'number' && (Math.abs(value) > Number.MAX_SAFE_INTEGER ? Number.isInteger(value) : false)

/** Objects and arrays within a sample are kept as JSON text. */
function cellOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value).trim()
}
