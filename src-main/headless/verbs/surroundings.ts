import type { Command } from 'commander'
import type { Counterfactuals } from '@shared/schemas/insight'
import { commaList, integer } from '../options'
import { percent, table } from '../text'
import type { AddAction } from './define'

interface CounterfactualOptions {
  run: string
  sample: string
  targetClass?: string
  lock?: string[]
  unlock?: string[]
  count: number
}

/** counterfactual: what lies around a decision. */
export function addSurroundingVerbs(program: Command, addAction: AddAction): void {
  const counterfactualVerb = program
    .command('counterfactual')
    .description('find the smallest changes of a row that change what the model says')
    .requiredOption('--run <run>', 'its id or name')
    .requiredOption('--sample <sample>', 'id, or #ROW (from 1)')
    .option('--target-class <class>', 'the class wanted (default: any other than the predicted one)')
    .option('--lock <fields>', 'fields that must stay, besides sensitive features and ids', commaList)
    .option('--unlock <fields>', 'fields that may change although they are sensitive or ids', commaList)
    .option('--count <n>', 'answers wanted, each by other fields', integer, 4)
  addAction(counterfactualVerb, { reads: true }, async ({ client }, options: CounterfactualOptions) => {
    const found = await client.insights.counterfactual(options)
    return { document: found, text: counterfactualText(found) }
  })
}

function counterfactualText({ predicted, target, probabilities, answers, locked, asked }: Counterfactuals): string {
  const locks = table(
    ['locked', 'why'],
    locked.map(({ field, text }) => [field, text]),
  )
  const wanted = target === null ? 'another answer' : `"${target}"`
  const head = `The model says "${predicted}" with ${percent(probabilities[predicted])}.`
  if (target === predicted) return `${head} Nothing has to change.\n${locks}`
  if (answers.length === 0)
    return `${head} None of ${asked} rows that differ in unlocked fields leads to ${wanted}.\n${locks}`
  const rows = answers.flatMap((answer, i) =>
    answer.changes.map(({ field, from, to }, k) => [
      ...(k === 0
        ? [String(i + 1), `${answer.predicted} ${percent(answer.probabilities[answer.predicted])}`]
        : ['', '']),
      field,
      String(from ?? '–'),
      String(to ?? '–'),
    ]),
  )
  return [head, `For ${wanted}, one of these:`, table(['', 'then', 'field', 'from', 'to'], rows), locks].join('\n')
}
