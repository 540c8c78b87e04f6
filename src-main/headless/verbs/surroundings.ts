import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Counterfactuals, Dependence, DependenceCurve, Nearest } from '@shared/schemas/insight'
import { commaList, integer } from '../options'
import { figure, percent, table } from '../text'
import type { AddAction } from './define'

interface CounterfactualOptions {
  run: string
  sample: string
  targetClass?: string
  lock?: string[]
  unlock?: string[]
  count: number
}

/** counterfactual, nearest, dependence: what lies around a decision. */
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

  const nearestVerb = program
    .command('nearest')
    .description('find the training samples that the network sees as most like a sample')
    .requiredOption('--run <run>', 'its id or name')
    .requiredOption('--sample <sample>', 'id, relative path, or #ROW (from 1)')
    .option('--count <n>', 'how many', integer, 8)
  addAction(
    nearestVerb,
    { reads: true },
    async ({ client }, options: { run: string; sample: string; count: number }) => {
      const found = await client.insights.nearest(options)
      return { document: found, text: nearestText(found) }
    },
  )
  addDependenceVerb(program, addAction)
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

function nearestText({ predicted, neighbours, layer, width, compared, usual, isFar }: Nearest): string {
  const agreeing = neighbours.filter(({ agrees }) => agrees).length
  const rows = neighbours.map(({ sampleId, label, distance, agrees }) => [
    String(sampleId),
    label,
    figure(distance),
    agrees ? 'agrees' : 'differs',
  ])
  return [
    `The model says "${predicted}"; ${agreeing} of the ${neighbours.length} nearest training samples are labelled so.`,
    `Compared: ${compared} training samples by the ${width} numbers that "${layer}" gives out.`,
    table(['sample', 'label', 'distance', ''], rows),
    `Training samples lie ${figure(usual.median)} from their nearest other one, 99 of 100 within ${figure(usual.most)}.`,
    ...(isFar ? ['This sample lies farther out than that: training has shown the model hardly anything like it.'] : []),
  ].join('\n')
}

interface DependenceOptions {
  run: string
  field: string
  targetClass?: string
  out?: string
}

function addDependenceVerb(program: Command, addAction: AddAction): void {
  const verb = program
    .command('dependence')
    .description('show how the probability of a class follows one column of a table')
    .requiredOption('--run <run>', 'its id or name')
    .requiredOption('--field <column>', 'a column that the model reads')
    .option('--target-class <class>', 'the class followed (default: the favourable outcome, else the first class)')
    .option('--out <file>', 'write all curves as .csv too, single rows among them')
  addAction(verb, { reads: true }, async ({ client }, { out, ...spec }: DependenceOptions) => {
    const found = await client.insights.dependence(spec)
    if (out) await client.insights.dependenceToCsv({ ...spec, out: resolve(out) })
    return { document: found, text: dependenceText(found) }
  })
}

function dependenceText({ field, target, sampleCount, partial, accumulated, reason }: Dependence): string {
  const curve = (title: string, { at, values, low, high }: DependenceCurve) =>
    table(
      [field, title, '95 of 100'],
      at.map((value, k) => [String(value ?? '–'), figure(values[k]), `[${figure(low[k])}, ${figure(high[k])}]`]),
    )
  return [
    `Probability of "${target}" over ${sampleCount} training rows. ${reason}`,
    ...(accumulated ? [curve('accumulated local effect', accumulated)] : []),
    curve('partial dependence', partial),
  ].join('\n')
}
