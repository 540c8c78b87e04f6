import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { migrate } from '@main/db/migrate'
import { migrations } from '@main/db/schema'
import { openSqlite } from '@main/db/sqlite'
import { SplitSpec, type Split } from '@shared/schemas/dataset'
import { dataServices, failure, writeClasses, type DataServices } from '../../helpers/data-services'

interface State {
  classes: string[]
  labels: (string | null)[]
  splits: (Split | null)[]
}

/** What a user sees, read through the services. */
async function read({ datasets }: DataServices, dataset = 'set'): Promise<State & { values: unknown[] }> {
  const { classes } = await datasets.get({ dataset })
  const { samples } = await datasets.samples({ dataset, filter: {}, offset: 0, limit: 5000 })
  return {
    classes: classes.map(({ name }) => name),
    labels: samples.map(({ className }) => className),
    splits: samples.map(({ split }) => split),
    values: samples.map(({ values }) => values),
  }
}

const names = ['a', 'b', 'c', 'd']
const index = fc.nat(11)
const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('label' as const),
      at: fc.uniqueArray(index, { minLength: 1 }),
      name: fc.option(fc.constantFrom(...names)),
    }),
  },
  fc.record({
    op: fc.constant('assign' as const),
    at: fc.uniqueArray(index, { minLength: 1 }),
    split: fc.option(fc.constantFrom('train', 'validation', 'test')),
  }),
  fc.record({ op: fc.constant('split' as const), seed: fc.nat(5) }),
  fc.record({ op: fc.constant('add' as const), name: fc.constantFrom(...names) }),
  fc.record({ op: fc.constant('rename' as const), from: fc.constantFrom(...names), to: fc.constantFrom(...names) }),
  fc.record({
    op: fc.constant('merge' as const),
    from: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }),
    into: fc.constantFrom(...names),
  }),
  fc.record({ op: fc.constant('delete' as const), name: fc.constantFrom(...names) }),
  { weight: 4, arbitrary: fc.record({ op: fc.constantFrom('undo' as const, 'redo' as const) }) },
)
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

/** What an edit should do, as plainly as it can be said; null where the services must refuse it. */
function expected(state: State, step: Operation): State | null {
  const { classes, labels, splits } = state
  const has = (name: string) => classes.includes(name)
  switch (step.op) {
    case 'label': {
      const next = labels.map((label, i) => (step.at.includes(i) ? step.name : label))
      const isNew = step.name !== null && !has(step.name)
      return { ...state, labels: next, classes: isNew ? [...classes, step.name!] : classes }
    }
    case 'assign':
      return {
        ...state,
        splits: splits.map((split, i) => (step.at.includes(i) ? (step.split as Split | null) : split)),
      }
    case 'add':
      return has(step.name) ? null : { ...state, classes: [...classes, step.name] }
    case 'rename': {
      if (!has(step.from) || (step.from !== step.to && has(step.to))) return null
      const swap = (name: string | null) => (name === step.from ? step.to : name)
      return { ...state, classes: classes.map((name) => swap(name)!), labels: labels.map(swap) }
    }
    case 'merge': {
      const from = step.from.filter((name) => name !== step.into)
      if (from.length === 0 || ![...from, step.into].every(has)) return null
      return {
        ...state,
        classes: classes.filter((name) => !from.includes(name)),
        labels: labels.map((label) => (label !== null && from.includes(label) ? step.into : label)),
      }
    }
    case 'delete':
      return has(step.name)
        ? {
            ...state,
            classes: classes.filter((name) => name !== step.name),
            labels: labels.map((label) => (label === step.name ? null : label)),
          }
        : null
    default:
      return state
  }
}

async function perform({ annotations, datasets }: DataServices, step: Operation, ids: number[]): Promise<unknown> {
  const dataset = 'set'
  const selection = 'at' in step ? { ids: step.at.map((i) => ids[i]!) } : { ids }
  if (step.op === 'label') return annotations.label({ dataset, selection, class: step.name })
  if (step.op === 'assign') return annotations.assignSplit({ dataset, selection, split: step.split as Split | null })
  if (step.op === 'split')
    return datasets.split(SplitSpec.parse({ dataset, train: 0.5, validation: 0.25, test: 0.25, seed: step.seed }))
  if (step.op === 'add') return annotations.addClass({ dataset, name: step.name })
  if (step.op === 'rename') return annotations.renameClass({ dataset, class: step.from, name: step.to })
  if (step.op === 'merge') return annotations.mergeClasses({ dataset, from: step.from, into: step.into })
  if (step.op === 'delete') return annotations.deleteClass({ dataset, class: step.name })
  return annotations[step.op]({ dataset })
}

describe('edits of pictures', () => {
  let services: DataServices
  let ids: number[]
  beforeEach(async () => {
    services = await dataServices()
    await services.importFiles([await writeClasses(join(services.folder, 'pictures'), ['a', 'b'], 6)])
    ids = (await services.datasets.sampleIds({ dataset: 'set', filter: {} })).ids
  })

  it('any sequence of edits, undos and redos equals a model', { timeout: 120_000 }, async () => {
    const start = await read(services)
    await fc.assert(
      fc
        .asyncProperty(fc.array(operation, { maxLength: 25 }), async (steps) => {
          let state: State = start
          const done: State[] = []
          const undone: State[] = []
          for (const step of steps) {
            const [from, to] = step.op === 'undo' ? [done, undone] : [undone, done]
            let next: State | null
            if (step.op === 'undo' || step.op === 'redo') next = from.at(-1) ?? null
            else next = expected(state, step)
            const outcome = await perform(services, step, ids).then(
              () => 'ok',
              (error: Error & { code?: string }) => error.code,
            )
            if (next === null) {
              expect(['conflict', 'not_found', 'invalid_input']).toContain(outcome)
              continue
            }
            expect(outcome).toBe('ok')
            const now = await read(services)
            if (step.op === 'split') next = { ...state, splits: now.splits }
            expect({ classes: now.classes, labels: now.labels, splits: now.splits }).toEqual({
              classes: next.classes,
              labels: next.labels,
              splits: next.splits,
            })
            if (step.op === 'undo' || step.op === 'redo') {
              from.pop()
              to.push(state)
            } else if (
              JSON.stringify([state.classes, state.labels, state.splits]) !==
              JSON.stringify([next.classes, next.labels, next.splits])
            ) {
              done.push(state)
              undone.length = 0
            }
            state = next
          }
        })
        .afterEach(async () => {
          await services.db.exec('DELETE FROM edits; UPDATE samples SET class_id = NULL; DELETE FROM classes')
          const { id } = (await services.db.get<{ id: string }>('SELECT id FROM datasets'))!
          await services.annotations.label({ dataset: id, selection: { ids: ids.slice(0, 6) }, class: 'a' })
          await services.annotations.label({ dataset: id, selection: { ids: ids.slice(6) }, class: 'b' })
          for (const split of ['train', 'validation', 'test'] as const) {
            const own = ids.filter((_, i) => start.splits[i] === split)
            await services.annotations.assignSplit({ dataset: id, selection: { ids: own }, split })
          }
          await services.db.exec('DELETE FROM edits')
        }),
      { numRuns: 40 },
    )
  })

  it('labels by ids, by references and by filter, and tells how many changed', async () => {
    const { annotations, datasets, events } = services
    expect(
      await annotations.label({ dataset: 'set', selection: { refs: ['a/1.png', '#2', String(ids[2])] }, class: 'b' }),
    ).toEqual({ changed: 3 })
    expect(await annotations.label({ dataset: 'set', selection: { ids: [ids[0]!] }, class: 'b' })).toEqual({
      changed: 0,
    })
    expect(await annotations.label({ dataset: 'set', selection: { filter: { search: 'a/' } }, class: 'new' })).toEqual({
      changed: 6,
    })
    expect(
      (await datasets.get({ dataset: 'set' })).classes.map(({ name, count, position }) => [name, count, position]),
    ).toEqual([
      ['a', 0, 0],
      ['b', 6, 1],
      ['new', 6, 2],
    ])
    const changes = events
      .filter(({ event }) => event === 'samples.changed')
      .map(({ payload }) => (payload as { revision: number }).revision)
    expect(changes).toEqual([...changes].sort((a, b) => a - b))
    expect((await annotations.log({ dataset: 'set', limit: 10 })).undo).toBe('Label 6 samples "new"')
    expect(
      await failure(annotations.label({ dataset: 'set', selection: { refs: ['a/77.png'] }, class: 'b' })),
    ).toMatchObject({ code: 'not_found' })
    expect(
      await failure(annotations.label({ dataset: 'set', selection: { ids: [999_999] }, class: 'b' })),
    ).toMatchObject({ code: 'not_found' })
  })

  it('undo and redo survive a restart', async () => {
    const file = services.context.paths.database
    await services.annotations.label({ dataset: 'set', selection: { ids }, class: 'all' })
    await services.annotations.undo({ dataset: 'set' })
    const reopened = await openSqlite(file)
    await migrate(reopened, migrations)
    const later = await dataServices({ db: reopened, folder: services.folder })
    expect(await later.annotations.log({ dataset: 'set', limit: 5 })).toMatchObject({
      undo: null,
      redo: 'Label 12 samples "all"',
    })
    await later.annotations.redo({ dataset: 'set' })
    expect((await read(later)).labels).toEqual(ids.map(() => 'all'))
    await later.annotations.undo({ dataset: 'set' })
    expect((await read(later)).classes).toEqual(['a', 'b'])
    await reopened.close()
  })

  it('moves a class to another place and back, without touching a label', async () => {
    const { annotations } = services
    await annotations.addClass({ dataset: 'set', name: 'c' })
    const names = async () => (await services.datasets.get({ dataset: 'set' })).classes.map(({ name }) => name)
    const before = (await read(services)).labels
    expect(await names()).toEqual(['a', 'b', 'c'])
    await annotations.moveClass({ dataset: 'set', class: 'c', position: 0 })
    expect(await names()).toEqual(['c', 'a', 'b'])
    await annotations.moveClass({ dataset: 'set', class: 'c', position: 99 })
    expect(await names()).toEqual(['a', 'b', 'c'])
    expect((await read(services)).labels).toEqual(before)
    await annotations.undo({ dataset: 'set' })
    expect(await names()).toEqual(['c', 'a', 'b'])
    await annotations.undo({ dataset: 'set' })
    expect(await names()).toEqual(['a', 'b', 'c'])
  })

  it('the favourable outcome follows its class through rename, merge and delete, and back', async () => {
    const { annotations, datasets } = services
    const positive = async () => (await datasets.get({ dataset: 'set' })).positive
    await datasets.update({ dataset: 'set', positive: 'a' })
    await annotations.renameClass({ dataset: 'set', class: 'a', name: 'x' })
    expect(await positive()).toBe('x')
    await annotations.mergeClasses({ dataset: 'set', from: ['x'], into: 'b' })
    expect(await positive()).toBe('b')
    await annotations.deleteClass({ dataset: 'set', class: 'b' })
    expect(await positive()).toBeNull()
    for (const wanted of ['b', 'x', 'a']) {
      await annotations.undo({ dataset: 'set' })
      expect(await positive()).toBe(wanted)
    }
  })

  it('keeps the log at a length that does not grow for ever', async () => {
    const { id } = (await services.db.get<{ id: string }>('SELECT id FROM datasets'))!
    await services.db.run(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
       INSERT INTO edits (dataset_id, title, kind, before, after, changed, at) SELECT ?, 'old', 'label', '{}', '{}', 1, 0 FROM n`,
      id,
    )
    for (let i = 0; i < 21; i++)
      await services.annotations.label({ dataset: 'set', selection: { ids: [ids[0]!] }, class: i % 2 ? 'a' : 'b' })
    const { n } = (await services.db.get<{ n: number }>('SELECT count(*) AS n FROM edits'))!
    expect(n).toBeGreaterThanOrEqual(1000)
    expect(n).toBeLessThan(1021)
  })

  it('takes back an edit although files were added since', async () => {
    const { annotations, datasets } = services
    await annotations.renameClass({ dataset: 'set', class: 'a', name: 'z' })
    const more = await writeClasses(join(services.folder, 'more'), ['a', 'z'], 1)
    await datasets.addFiles({ dataset: 'set', paths: [more] }, new AbortController().signal)
    await annotations.undo({ dataset: 'set' })
    const { classes, labels } = await read(services)
    expect(classes.sort()).toEqual(['a', 'b'])
    expect(labels.filter((label) => label === 'a')).toHaveLength(8)
  })
})

describe('edits of a table', () => {
  let services: DataServices
  const fresh = async () => {
    services = await dataServices()
    const path = join(services.folder, 'people.csv')
    const rows = Array.from({ length: 30 }, (_, i) => `${20 + i},${i % 2 ? 'f' : 'm'},${(i % 3) + 1}`)
    await writeFile(path, ['age,sex,grade', ...rows].join('\n'))
    await services.importFiles([path], { target: 'grade' })
  }
  beforeEach(fresh)

  const snapshot = async () => ({ dataset: await services.datasets.get({ dataset: 'set' }), ...(await read(services)) })
  const checkTarget = ({ dataset, labels, values }: Awaited<ReturnType<typeof snapshot>>) => {
    const written = values.map((row) => (row as Record<string, unknown>)[dataset.target!] ?? null)
    expect(written.map((value) => (value === null ? null : String(value)))).toEqual(labels)
    const kind = dataset.fields.find(({ name }) => name === dataset.target)!.kind
    for (const value of written) if (value !== null) expect(typeof value).toBe(kind === 'number' ? 'number' : 'string')
  }

  it('writes labels into the target column, and a word among numbers makes it a category', async () => {
    const { annotations } = services
    const start = await snapshot()
    await annotations.label({ dataset: 'set', selection: { refs: ['#1', '#2'] }, class: '3' })
    const numbers = await snapshot()
    checkTarget(numbers)
    expect(numbers.values[0]).toEqual({ age: 20, sex: 'm', grade: 3 })
    await annotations.label({ dataset: 'set', selection: { refs: ['#3'] }, class: 'unknown' })
    const words = await snapshot()
    checkTarget(words)
    expect(words.values.slice(0, 3)).toMatchObject([{ grade: '3' }, { grade: '3' }, { grade: 'unknown' }])
    expect(words.dataset.fields[2]).toMatchObject({ kind: 'category', isInput: false })
    await annotations.undo({ dataset: 'set' })
    expect(await snapshot()).toEqual(numbers)
    await annotations.undo({ dataset: 'set' })
    expect(await snapshot()).toEqual(start)
  })

  it('any sequence of edits can be taken back and done again to the same states', { timeout: 120_000 }, async () => {
    const dataset = 'set'
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('label' as const),
        row: fc.integer({ min: 1, max: 30 }),
        name: fc.option(fc.constantFrom('1', '2', 'x', 'f')),
      }),
      fc.record({ kind: fc.constant('target' as const), name: fc.constantFrom('sex', 'grade', 'old') }),
      fc.record({ kind: fc.constant('derive' as const) }),
      fc.record({ kind: fc.constant('remove' as const) }),
      fc.record({ kind: fc.constant('rename' as const), to: fc.constantFrom('y', '7') }),
      fc.record({ kind: fc.constant('drop' as const) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 10 }), async (steps) => {
        await fresh()
        const { annotations, datasets } = services
        const states = [await snapshot()]
        for (const item of steps) {
          const first = states.at(-1)!.classes[0] ?? 'none'
          const work = {
            label: () =>
              annotations.label({
                dataset,
                selection: { refs: [`#${'row' in item ? item.row : 1}`] },
                class: 'row' in item ? item.name : null,
              }),
            target: () => datasets.update({ dataset, target: 'name' in item ? item.name! : 'sex' }),
            derive: () =>
              datasets.derive({
                dataset,
                column: 'old',
                derivation: { kind: 'bins', from: 'age', cuts: [30], labels: ['no', 'yes'] },
              }),
            remove: () => datasets.removeField({ dataset, field: 'old' }),
            rename: () => annotations.renameClass({ dataset, class: first, name: 'to' in item ? item.to : 'y' }),
            drop: () => annotations.deleteClass({ dataset, class: first }),
          }[item.kind]
          const before = (await annotations.log({ dataset, limit: 1000 })).entries.length
          await work().catch((error: { code?: string }) =>
            expect(['conflict', 'not_found', 'invalid_input']).toContain(error.code),
          )
          if ((await annotations.log({ dataset, limit: 1000 })).entries.length > before) states.push(await snapshot())
          checkTarget(await snapshot())
        }
        for (const state of states.slice(0, -1).reverse()) {
          await annotations.undo({ dataset })
          expect(await snapshot()).toEqual(state)
        }
        for (const state of states.slice(1)) {
          await annotations.redo({ dataset })
          expect(await snapshot()).toEqual(state)
        }
      }),
      { numRuns: 25 },
    )
  })

  it('needs a target before it can be labelled, and splits when it gets one', async () => {
    const { annotations, datasets } = services
    await services.importFiles([join(services.folder, 'people.csv')], { name: 'bare' })
    expect(
      await failure(annotations.label({ dataset: 'bare', selection: { refs: ['#1'] }, class: 'x' })),
    ).toMatchObject({ code: 'conflict' })
    expect(await datasets.get({ dataset: 'bare' })).toMatchObject({ labelledCount: 0, splits: { none: 30 } })
    const dataset = await datasets.update({ dataset: 'bare', target: 'sex', positive: 'f' })
    expect(dataset).toMatchObject({
      labelledCount: 30,
      positive: 'f',
      splits: { train: 21, validation: 3, test: 6, none: 0 },
    })
    await annotations.undo({ dataset: 'bare' })
    expect(await datasets.get({ dataset: 'bare' })).toMatchObject({
      target: null,
      positive: null,
      classes: [],
      splits: { none: 30 },
    })
    expect(await failure(datasets.update({ dataset: 'bare', target: 'age', task: 'classification' }))).toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('30 different numbers'),
    })
  })
})
