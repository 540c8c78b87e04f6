// Wages of 1985 as a table whose values say what they mean.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The coding of these contradicts their description: 82 % would be union members, 34 % of these grown-ups married. */
const doubtful = new Set(['union', 'married'])

/** The package's rows in their order, as CSV; wages are dollars an hour. */
export function wagesCsv(folder) {
  const [head, ...rows] = readFileSync(join(folder, 'data/data.csv'), 'utf8')
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(','))
  const kept = head.map((name, at) => ({ name, at })).filter(({ name }) => !doubtful.has(name))
  const cell = (row, { name, at }) => (name === 'south' ? (row[at] === '1' ? 'yes' : 'no') : row[at])
  const lines = [kept.map(({ name }) => name), ...rows.map((row) => kept.map((column) => cell(row, column)))]
  return { csv: lines.map((line) => `${line.join(',')}\n`).join(''), rowCount: rows.length }
}
