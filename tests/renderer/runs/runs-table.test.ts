import { describe, expect, it } from 'vitest'
import { filterRuns, runColumns, settingKeys, tagsOf, type RunFilter } from '@renderer/components/runs/runs-table'
import { cellValue } from '@renderer/components/data-table'
import { aRun } from './a-run'

const runs = [
  aRun({ runId: 'a', name: 'cnn 1', datasetId: 'd1', tags: ['best'], params: { epochs: 3, seed: 1, filters: 16 } }),
  aRun({
    runId: 'b',
    name: 'cnn 2',
    datasetId: 'd1',
    note: 'wider kernels',
    params: { epochs: 3, seed: 1, filters: 32 },
  }),
  aRun({ runId: 'c', name: 'mlp 1', datasetId: 'd2', status: 'failed', family: 'mlp', tags: ['best', 'old'] }),
]
const all: RunFilter = { datasetId: null, statuses: [], tags: [], text: '' }
const ids = (filter: Partial<RunFilter>) => filterRuns(runs, { ...all, ...filter }).map(({ runId }) => runId)
const context = { split: 'test' as const, families: [], isOneDataset: true, isWide: false }

describe('filtering runs', () => {
  it('by dataset, status, tags and words anywhere', () => {
    expect(ids({})).toEqual(['a', 'b', 'c'])
    expect(ids({ datasetId: 'd1' })).toEqual(['a', 'b'])
    expect(ids({ statuses: ['failed'] })).toEqual(['c'])
    expect(ids({ tags: ['best'] })).toEqual(['a', 'c'])
    expect(ids({ tags: ['best', 'old'] })).toEqual(['c'])
    expect(ids({ text: 'KERNELS cnn' })).toEqual(['b'])
    expect(ids({ text: 'kernels mlp' })).toEqual([])
  })
  it('offers the tags that there are', () => expect(tagsOf(runs)).toEqual(['best', 'old']))
})

describe('columns of the runs table', () => {
  it('settings that differ come first and are shown unasked', () => {
    expect(settingKeys(runs.slice(0, 2))[0]).toBe('filters')
    const shown = runColumns(runs.slice(0, 2), context).filter(({ isDefault }) => isDefault)
    expect(shown.map(({ key }) => key)).toContain('param:filters')
    expect(shown.map(({ key }) => key)).not.toContain('param:seed')
  })
  it('figures are of the chosen split, null where it was not evaluated', () => {
    const [run] = [aRun({ metrics: { train: null, validation: null, test: { ...noFigures, accuracy: 0.9 } } })]
    const column = (split: 'test' | 'train') =>
      runColumns([run!], { ...context, split }).find(({ key }) => key === 'metric:accuracy')!
    expect(cellValue(column('test'), run!)).toBe(0.9)
    expect(cellValue(column('train'), run!)).toBeNull()
  })
  it('the dataset is named when there are several', () => {
    const column = (isOneDataset: boolean) =>
      runColumns(runs, { ...context, isOneDataset }).find(({ key }) => key === 'datasetName')
    expect(column(false)?.isDefault).toBe(true)
    expect(column(true)?.isDefault).toBe(false)
  })
})

const noFigures = { loss: null, accuracy: null, precision: null, recall: null, f1: null, rocAuc: null }
