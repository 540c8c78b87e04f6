// Zachary's karate club as networkx carries it in code: a matrix of how many ways two members met, and who left with whom.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const people = 34

/** Tables of the graph; members are counted from 1, as in Zachary's paper. Only the two leaders' clubs are to train on. */
export function karateTables(networkx) {
  const code = readFileSync(join(networkx, 'networkx/generators/social.py'), 'utf8')
  const [, matrix] = /zacharydat = """\\\n([\s\S]*?)"""/.exec(code)
  const rows = matrix
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  const [, members] = /club1 = \{([\d, ]+)\}/.exec(code)
  const first = new Set(members.split(',').map(Number))
  if (rows.length !== people || rows.some((row) => row.length !== people))
    throw new Error('not the matrix that was expected')
  // The matrix names one tie on one side only; networkx counts it.
  const weightOf = (a, b) => rows[b][a] || rows[a][b]
  const edges = rows.flatMap((_, a) =>
    rows.flatMap((_, b) => (a < b && weightOf(a, b) > 0 ? [[a + 1, b + 1, weightOf(a, b)]] : [])),
  )
  const splitOf = (at) => (at === 0 || at === people - 1 ? 'train' : at % 4 === 1 ? 'validation' : 'test')
  const nodes = rows.map((_, at) => [at + 1, first.has(at) ? 'Mr. Hi' : 'Officer', splitOf(at)])
  const csv = (head, lines) => Buffer.from(`${[head, ...lines.map((line) => line.join(','))].join('\n')}\n`)
  return { edges: csv('source,target,weight', edges), nodes: csv('id,club,split', nodes), edgeCount: edges.length }
}
