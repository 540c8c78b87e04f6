import { resolve } from 'node:path'
import type { Command } from 'commander'
import { WorkbenchError } from '@shared/errors'
import { bareName } from '@shared/file-kinds'
import { Modality, Task, type Derivation } from '@shared/schemas/dataset'
import { datasetDocument } from '../documents'
import { commaList, integer, mapping, number, numberList } from '../options'
import { datasetsText, datasetText, qualityText, table } from '../text'
import type { AddAction } from './define'

interface ImportOptions {
  name?: string
  as?: string
  target?: string
  task?: string
  text?: string
  positive?: string
  sensitive?: string[]
  add?: boolean
}

interface DeriveOptions {
  dataset: string
  column: string
  from: string
  bins?: number[]
  labels?: string[]
  map?: Record<string, string>
}

interface SplitOptions {
  dataset: string
  train: number
  validation: number
  test: number
  group?: string
  seed: number
}

/** import, datasets, derive, label, split, quality, delete. */
export function addDataVerbs(program: Command, addAction: AddAction): void {
  const importVerb = program
    .command('import <paths...>')
    .description(
      'import a folder of pictures or texts (one sub-folder per class), picture files, or a table, in place; or a zip or tar.gz of them',
    )
    .option('--name <name>', 'name of the dataset (default: that of the folder or file)')
    .option('--as <kind>', `what the files are read as (${Modality.options.join(', ')}; default: what they look like)`)
    .option('--target <column>', 'table or texts: the column to predict')
    .option(
      '--task <task>',
      `table: ${Task.options.join(' or ')} (default: a column of more than 20 different numbers is regression)`,
    )
    .option('--text <column>', 'texts: the column that is read (default: that of the longest texts)')
    .option('--positive <value>', 'the favourable outcome, for the audit')
    .option('--sensitive <columns>', 'table: sensitive features, separated by commas', commaList)
    .option('--add', 'add to the dataset of that name instead of refusing')
  addAction(importVerb, {}, async ({ client }, paths: string[], options: ImportOptions) => {
    const absolute = paths.map((path) => resolve(path))
    const dataset = await client.datasets.import({
      paths: absolute,
      name: options.name ?? bareName(absolute[0]!),
      ...(options.as && { modality: options.as as Modality }),
      target: options.target,
      ...(options.task && { task: options.task as Task }),
      text: options.text,
      positive: options.positive,
      sensitive: options.sensitive,
      add: options.add,
    })
    return { document: datasetDocument(dataset), text: datasetText(dataset) }
  })

  const listVerb = program.command('datasets').description('list the datasets')
  addAction(listVerb, { reads: true }, async ({ client }) => {
    const datasets = await client.datasets.list({})
    return { document: datasets.map(datasetDocument), text: datasetsText(datasets) }
  })

  const deriveVerb = program
    .command('derive')
    .description('derive a column from another, e.g. an age group from the age')
    .requiredOption('--dataset <dataset>', 'its name or id')
    .requiredOption('--column <name>', 'the new column')
    .requiredOption('--from <column>', 'the column it comes from')
    .option('--bins <cuts>', 'ascending cut points; a value at a cut goes above it', numberList)
    .option('--labels <labels>', 'one more label than cuts, lowest first', commaList)
    .option('--map <pairs>', 'value=label pairs separated by commas', mapping)
  addAction(deriveVerb, {}, async ({ client }, { dataset, column, ...options }: DeriveOptions) => {
    const result = await client.datasets.derive({ dataset, column, derivation: derivationOf(options, deriveVerb) })
    return { document: result, text: countsText(column, result.counts) }
  })

  const labelVerb = program
    .command('label')
    .description('give samples a class')
    .requiredOption('--dataset <dataset>', 'its name or id')
    .requiredOption('--sample <samples...>', 'ids, relative paths, or #ROW (from 1)')
    .requiredOption('--class <class>', 'the class; a new one is made')
  addAction(labelVerb, {}, async ({ client }, options: { dataset: string; sample: string[]; class: string }) => {
    const selection = { refs: options.sample }
    const result = await client.annotations.label({ dataset: options.dataset, selection, class: options.class })
    return { document: result, text: `${result.changed} samples changed.` }
  })

  const splitVerb = program
    .command('split')
    .description('divide into train, validation and test, stratified by class')
    .requiredOption('--dataset <dataset>', 'its name or id')
    .option('--train <share>', 'share to train on', number, 0.7)
    .option('--validation <share>', 'share to watch while training', number, 0.1)
    .option('--test <share>', 'share to judge the model by', number, 0.2)
    .option('--group <column>', 'samples with the same value here stay together')
    .option('--seed <seed>', 'same seed, same split', integer, 1)
  addAction(splitVerb, {}, async ({ client }, options: SplitOptions) => {
    const { dataset, train, validation, test, group, seed } = options
    const counts = await client.datasets.split({ dataset, train, validation, test, group, seed })
    return { document: counts, text: countsText('split', counts) }
  })

  const qualityVerb = program
    .command('quality')
    .description('look for duplicates, leaks between splits, doubtful labels, blank and blurred pictures, rare classes')
    .requiredOption('--dataset <dataset>', 'its name or id')
    .option(
      '--run <runs...>',
      'finished runs whose held-out predictions show doubtful labels; several are averaged',
      [],
    )
  addAction(qualityVerb, { reads: true }, async ({ client }, { dataset, run }: { dataset: string; run: string[] }) => {
    const report = await client.quality.check({ dataset, runs: run })
    return { document: report, text: qualityText(report) }
  })

  const deleteVerb = program
    .command('delete')
    .description('delete a dataset with its runs; the original files stay')
    .requiredOption('--dataset <dataset>', 'its name or id')
  addAction(deleteVerb, {}, async ({ client }, { dataset }: { dataset: string }) => {
    const result = await client.datasets.delete({ dataset })
    return { document: result, text: `Deleted; ${result.freedBytes} bytes freed.` }
  })
}

function derivationOf(options: Omit<DeriveOptions, 'dataset' | 'column'>, command: Command): Derivation {
  const { from, bins, labels, map } = options
  if (map && !bins && !labels) return { kind: 'map', from, map }
  if (!bins || !labels || map) command.error('error: give either --bins with --labels, or --map', { exitCode: 2 })
  if (labels.length !== bins.length + 1) {
    throw new WorkbenchError(
      'invalid_input',
      `${bins.length} cuts make ${bins.length + 1} bins, so that many labels are needed; ${labels.length} came.`,
    )
  }
  return { kind: 'bins', from, cuts: bins, labels }
}

const countsText = (title: string, counts: Record<string, number>) =>
  table(
    [title, 'samples'],
    Object.entries(counts).map(([name, n]) => [name, String(n)]),
  )
