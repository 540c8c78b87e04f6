import { writeFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import type { Command } from 'commander'
import { WorkbenchError } from '@shared/errors'
import type { Explanation, MapChecks } from '@shared/schemas/explanation'
import { FairnessConstraint, type Audit, type Mitigation, type ProxyReport } from '@shared/schemas/fairness'
import type { Split } from '@shared/schemas/dataset'
import { auditDocument, explanationDocument } from '../documents'
import { collectSetting, commaList, number, typedSettings } from '../options'
import type { Session } from '../session'
import { figure, interval, percent, table } from '../text'
import type { AddAction, Said } from './define'
import { difference } from './shortcuts'

interface ExplainOptions {
  run: string
  sample?: string
  method: string
  targetClass?: string
  set?: Record<string, string>
  out?: string
  checks?: boolean
  against?: string
}

interface AuditOptions {
  run: string
  sensitive: string[]
  split: string
  positive?: string
  threshold: number
  out?: string
}

/** explain, audit, proxies, mitigate. */
export function addInsightVerbs(program: Command, addAction: AddAction): void {
  const explainVerb = program
    .command('explain')
    .description('show what a decision depends on')
    .requiredOption('--run <run>', 'its id or name')
    .option('--sample <sample>', 'id, relative path, or #ROW (from 1); not for methods that look at a whole split')
    .requiredOption('--method <method>', 'e.g. gradient, integrated-gradients, grad-cam, occlusion')
    .option('--target-class <class>', 'the class to explain (default: the predicted one)')
    .option('--set <key=value>', "one of the method's own settings; may be given many times", collectSetting)
    .option('--against <run>', 'explain by this run too, and show where the two differ; --sample may then be several')
    .option('--checks', 'put the map to its checks too: is it to be believed?')
    .option('--out <file>', 'write it as .png or .json too')
  addAction(explainVerb, { reads: true }, async (session, options: ExplainOptions) => {
    const { attributions } = await session.client.catalog.get({})
    const method = attributions.find(({ id }) => id === options.method)
    if (!method) {
      const known = attributions.map(({ id }) => id).join(', ')
      throw new WorkbenchError('not_found', `There is no method "${options.method}"; there are: ${known}.`)
    }
    const params = typedSettings(options.set ?? {}, method.params)
    if (method.scope === 'dataset') return importance(session, options, params)
    if (!options.sample) explainVerb.error("error: required option '--sample <sample>' not specified", { exitCode: 2 })
    const { against } = options
    if (against) return difference(session, { ...options, against, sample: options.sample! }, params)
    return explain(session, { ...options, sample: options.sample! }, params)
  })

  const auditVerb = program
    .command('audit')
    .description('find out whom a model treats unfairly')
    .requiredOption('--run <run>', 'its id or name')
    .requiredOption(
      '--sensitive <columns>',
      'sensitive features separated by commas: one, or several for their combinations',
      commaList,
    )
    .option('--split <split>', 'train, validation or test', 'test')
    .option('--positive <value>', 'the favourable outcome (default: the one named for the dataset)')
    .option('--threshold <rate>', 'probability from which the favourable outcome is given', number, 0.5)
    .option('--out <file>', 'write the report as .html or .json too')
  addAction(auditVerb, { reads: true }, (session, options: AuditOptions) => audit(session, options))

  const proxiesVerb = program
    .command('proxies')
    .description('find the columns that give a sensitive feature away')
    .requiredOption('--dataset <dataset>', 'its name or id')
    .requiredOption('--sensitive <column>', 'the sensitive feature')
    .option('--fields <columns>', 'look at these columns only, separated by commas', commaList)
    .option('--run <run>', 'set its predictions beside the labels')
  addAction(
    proxiesVerb,
    { reads: true },
    async ({ client }, options: { dataset: string; sensitive: string; fields?: string[]; run?: string }) => {
      const report = await client.fairness.proxies(options)
      return { document: report, text: proxiesText(report) }
    },
  )
  addMitigateVerb(program, addAction)
}

interface MitigateOptions {
  run: string
  sensitive: string
  constraint: string
  tolerance: number
  fitOn: string
  keep?: boolean
}

function addMitigateVerb(program: Command, addAction: AddAction): void {
  const verb = program
    .command('mitigate')
    .description('find thresholds by group on one split and prove them on the test split')
    .requiredOption('--run <run>', 'its id or name')
    .requiredOption('--sensitive <column>', 'the sensitive feature')
    .option('--constraint <constraint>', FairnessConstraint.options.join(', '), 'demographic-parity')
    .option('--tolerance <gap>', 'how far apart the groups may be', number, 0)
    .option('--fit-on <split>', 'where they are found: validation or train', 'validation')
    .option('--keep', 'keep the thresholds with the run, for predict --thresholds')
  addAction(verb, {}, async ({ client }, options: MitigateOptions) => {
    const { data: constraint } = FairnessConstraint.safeParse(options.constraint)
    if (!constraint)
      return verb.error(`error: --constraint is one of ${FairnessConstraint.options.join(', ')}`, { exitCode: 2 })
    const { run, sensitive, tolerance, fitOn, keep } = options
    const found = await client.fairness.mitigate({ run, sensitive, constraint, tolerance, fitOn: fitOn as Split })
    if (keep) await client.fairness.keepThresholds({ run, thresholds: found.thresholds })
    return { document: found, text: mitigationText(found) }
  })
}

function mitigationText({ summary, before, after, frontier, split }: Mitigation): string {
  const accuracy = ['accuracy', interval(before.overall['accuracy']!), interval(after.overall['accuracy']!)]
  const gaps = before.disparities.map((gap, i) => [gap.metric, interval(gap), interval(after.disparities[i]!)])
  const points = frontier.map(({ tolerance, gap, accuracy: share }) => [String(tolerance), figure(gap), percent(share)])
  return [
    ...summary,
    table([`on the ${split} split`, 'before [interval]', 'after [interval]'], [accuracy, ...gaps]),
    ...(points.length > 0 ? [table(['gap allowed', 'gap left', 'accuracy'], points)] : []),
  ].join('\n')
}

async function explain(
  { client }: Session,
  options: ExplainOptions & { sample: string },
  params: Record<string, unknown>,
): Promise<Said> {
  const { run, sample, method, targetClass, out } = options
  const spec = { run, sample, method, targetClass, params }
  const explanation = await client.explanations.explain(spec)
  const checks = options.checks ? await client.explanations.check(spec) : null
  const document = explanationDocument(explanation, checks)
  if (out && extname(out).toLowerCase() === '.json') await writeFile(out, JSON.stringify(document))
  else if (out) await client.explanations.exportPng({ ...spec, out: resolve(out) })
  const text = explanationText(explanation)
  return { document, text: checks ? `${text}\n${checksText(checks)}` : text }
}

async function importance({ client }: Session, options: ExplainOptions, params: Record<string, unknown>) {
  const { run, method, out } = options
  const result = await client.explanations.importance({ run, method, params })
  if (out) await writeFile(out, JSON.stringify(result))
  const rows = result.fields.map(({ name, mean, low, high }) => [
    name,
    figure(mean),
    `[${figure(low)}, ${figure(high)}]`,
  ])
  const text = `${result.scoreName} ${figure(result.score)} on ${result.sampleCount} samples; drop when shuffled:\n`
  return { document: result, text: text + table(['field', 'drop', 'spread'], rows) }
}

async function audit({ client }: Session, options: AuditOptions): Promise<Said> {
  const { run, sensitive, positive, threshold, out } = options
  const spec = { run, sensitive, positive, threshold, split: options.split as Split }
  const report = await client.fairness.audit(spec)
  if (out) {
    const format = extname(out).toLowerCase() === '.json' ? 'json' : 'html'
    await client.fairness.report({ ...spec, out: resolve(out), format })
  }
  return { document: auditDocument(report), text: auditText(report) }
}

function explanationText(explanation: Explanation): string {
  const { method, target, predicted, probabilities, min, max, convergenceDelta, attribution, fields } = explanation
  const lines = [
    `${method} for "${target}" (predicted: "${predicted}" with ${percent(probabilities[predicted])})`,
    `map of shape ${attribution.shape.join(' x ')}, from ${figure(min)} to ${figure(max)}`,
  ]
  if (convergenceDelta !== null) lines.push(`completeness holds within ${convergenceDelta.toExponential(2)}`)
  if (explanation.words) lines.push(wordsText(explanation.words, attribution.data))
  if (fields)
    lines.push(
      table(
        ['field', 'value', 'attribution'],
        fields.map(({ name, value, attribution: share }) => [name, String(value ?? '–'), figure(share)]),
      ),
    )
  return lines.join('\n')
}

function checksText({ overall, checks }: MapChecks): string {
  const rows = checks.map(({ title, verdict, value, low, high }) => [
    title,
    verdict,
    figure(value),
    low === null ? '' : `[${figure(low)}, ${figure(high)}]`,
  ])
  const told = checks.map(({ title, text }) => `${title}: ${text}`)
  return [`checks: ${overall}`, table(['check', 'verdict', 'figure', 'range'], rows), ...told].join('\n')
}

/** The words in their order, each with its worth, and those that say most. */
function wordsText(words: NonNullable<Explanation['words']>, values: ArrayLike<number>): string {
  const rows = words.map(({ text, isKnown }, i) => [isKnown ? text : `${text} (unknown)`, figure(values[i])])
  return table(['word', 'attribution'], rows)
}

function auditText({ summary, split, positive, threshold, byGroup, disparities, comparisons, level }: Audit): string {
  const metrics = Object.keys(byGroup[0]?.metrics ?? {})
  const groups = byGroup.map(({ group, n, small, metrics: values }) => [
    Object.values(group).join(', ') + (small ? ' (small)' : ''),
    String(n),
    ...metrics.map((metric) => figure(values[metric]?.value)),
  ])
  const rows = disparities.map((entry) => [
    entry.metric,
    interval(entry),
    entry.groups.join(' / '),
    String(entry.ideal),
    entry.isFinding ? 'finding' : 'may be chance',
  ])
  const found = comparisons
    .filter(({ isFinding }) => isFinding)
    .map(({ metric, groups: pair, difference, q }) => [
      metric,
      pair.join(' - '),
      interval(difference),
      q.toExponential(1),
    ])
  return [
    `favourable: "${positive}" from ${threshold} on, split: ${split}, intervals: ${percent(level)}`,
    ...summary,
    table(['group', 'n', ...metrics], groups),
    table(['disparity', 'value [interval]', 'lowest / highest', 'ideal', ''], rows),
    ...(found.length > 0 ? [table(['finding', 'groups', 'difference [interval]', 'corrected p'], found)] : []),
  ].join('\n')
}

function proxiesText({ summary, fields, all, rates }: ProxyReport): string {
  const rows = [{ name: '(all together)', auc: all, strength: '' }, ...fields].map(({ name, auc, strength }) => [
    name,
    interval(auc),
    strength === 'none' ? '' : strength,
  ])
  const groups = rates.map(({ group, n, share, labels, predictions }) => [
    group,
    String(n),
    percent(share),
    percent(labels?.value),
    percent(predictions?.value),
  ])
  return [
    ...summary,
    table(['column', 'AUC [interval]', 'gives away'], rows),
    table(['group', 'n', 'share', 'in the labels', 'by the model'], groups),
  ].join('\n')
}
