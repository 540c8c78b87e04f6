import { bareName, clipExtensions, isTableName } from '@shared/file-kinds'
import { compareNatural } from '@shared/natural-order'
import { Split, type Inspection } from '@shared/schemas/dataset'
import { pictureExtensions } from '../decode/picture'
import { fileFields, isOfFiles, isTextFile, longestColumn } from '@shared/texts'
import { looksLikeTexts } from '../decode/text-column'
import { openTexts } from '../decode/texts'
import { defineModality, type NamedPath, type ReadContext } from './define'
import table from './table'

/** Texts in the preview. */
const headTexts = 50

/** A note beside pictures or sounds does not make them texts. */
const others = [...pictureExtensions, ...clipExtensions]
const isFolderOfTexts = ({ isFolder, extensions }: NamedPath) =>
  isFolder && extensions.has('txt') && !others.some((one) => extensions.has(one))

/** Texts with a class each: `.txt` files in a folder per class, or a column of a table. */
export default defineModality({
  id: 'text',
  title: 'Texts',
  extensions: ['txt', 'csv', 'tsv', 'jsonl', 'parquet', 'xlsx'],
  viewer: 'text',
  labelKinds: ['class'],

  accepts: (paths) =>
    paths.every((one) => isFolderOfTexts(one) || (!one.isFolder && isTextFile(one.path))) ||
    (paths.length === 1 && !paths[0]!.isFolder && isTableName(paths[0]!.path)),

  async recognises(paths, signal) {
    if (paths.length > 1 || !isTableName(paths[0]!)) return true
    return looksLikeTexts(paths[0]!, signal)
  },

  inspect: (paths, context) => (isOfFiles(paths) ? inspectFiles(paths, context) : inspectTable(paths, context)),
})

async function inspectFiles(paths: string[], { signal, progress }: ReadContext): Promise<Inspection> {
  const source = await openTexts(paths, signal)
  const counts = new Map<string, number>()
  const splits = new Set<Split>()
  const head: Inspection['head'] = []
  let count = 0
  for await (const { name, text, className, split } of source.read(signal)) {
    if (className !== null) counts.set(className, (counts.get(className) ?? 0) + 1)
    if (split) splits.add(split)
    if (head.length < headTexts) head.push({ file: name, text, class: className })
    if (++count % 200 === 0) progress(count, null)
  }
  const labelled = [...counts.values()].reduce((sum, n) => sum + n, 0)
  const notes = [source.layout]
  if (counts.size === 0) notes.push('They have no class yet; label them after the import.')
  else if (labelled < count) notes.push(`${count - labelled} texts lie beside the class folders and have no class yet.`)
  if (splits.size > 0) notes.push(`The folders ${[...splits].join(', ')} were taken as fixed splits.`)
  const field = (name: string, kind: 'id' | 'text' | 'category', missing: number, distinct: number) => ({
    name,
    kind,
    missing,
    distinct,
    examples: head.slice(0, 5).map((row) => row[name] ?? null),
  })
  return {
    modality: 'text',
    choices: ['text'],
    suggestedName: bareName(source.root) || 'Texts',
    sampleCount: count,
    classes: [...counts].map(([name, n]) => ({ name, count: n })).sort((a, b) => compareNatural(a.name, b.name)),
    splits: Split.options.filter((split) => splits.has(split)),
    fields: [
      field(fileFields.file, 'id', 0, count),
      field(fileFields.text, 'text', 0, count),
      field(fileFields.class, 'category', count - labelled, counts.size),
    ],
    head,
    suggestedTarget: fileFields.class,
    suggestedText: fileFields.text,
    notes,
    skipped: source.skipped.slice(0, 200),
  }
}

async function inspectTable(paths: string[], context: ReadContext): Promise<Inspection> {
  const found = await table.inspect(paths, context)
  const names = found.fields.map(({ name }) => name)
  const rows = found.head.map((row) => names.map((name) => (typeof row[name] === 'string' ? String(row[name]) : '')))
  const text = longestColumn(names, rows)?.name
  const isFew = ({ name, kind, distinct }: Inspection['fields'][number]) =>
    name !== text && (kind === 'category' || kind === 'boolean') && distinct >= 2 && distinct <= 20
  const suggested = found.fields.find(({ name }) => name === found.suggestedTarget && name !== text)
  // Numbers beside a text are rather facts about its writer than classes.
  const target =
    (suggested?.kind === 'number' ? undefined : suggested?.name) ?? found.fields.filter(isFew).at(-1)?.name ?? null
  return {
    ...found,
    modality: 'text',
    choices: ['text'],
    suggestedTarget: target,
    ...(text && { suggestedText: text }),
  }
}
