import { describe, expect, it } from 'vitest'
import {
  defaultsFor,
  effectiveSchema,
  errorsByParam,
  presetOfPlan,
  presetsFor,
  schemaFor,
  type Preset,
} from '@renderer/components/train/train-form'
import type { FamilyDescriptor, ParamsSchema } from '@shared/descriptor'
import type { Plan } from '@shared/schemas/run'

const schema: ParamsSchema = {
  properties: {
    units: { type: 'integer', default: 128 },
    schedule: { enum: ['constant', 'step'], default: 'constant' },
    stepEpochs: { type: 'integer', default: 10, when: { schedule: ['step'] } },
    imageSize: { type: 'integer', default: 0, modalities: ['image'] },
  },
}
const preset = (id: string, params: Preset['params'], modalities: Preset['modalities'] = ['table']): Preset => ({
  ...{ id, title: id, suits: '', modalities, params },
})
const plan = (params: Plan['params']): Plan => ({
  ...{ params, layers: [], parameterCount: 0, inputShape: [4], problems: [], warnings: [], estimate: null },
})
const keys = ({ properties }: ParamsSchema) => Object.keys(properties)

describe('the knobs that are shown', () => {
  it('are those of this kind of data', () => {
    expect(keys(schemaFor(schema, { modality: 'table', task: 'classification' }))).toEqual([
      'units',
      'schedule',
      'stepEpochs',
    ])
    expect(keys(schemaFor(schema, { modality: 'image', task: 'classification' }))).toContain('imageSize')
  })
  it('leave out one without effect, until its condition holds', () => {
    expect(keys(effectiveSchema(schema, {}, {}, {}))).not.toContain('stepEpochs')
    expect(keys(effectiveSchema(schema, { schedule: 'step' }, {}, {}))).toContain('stepEpochs')
    expect(keys(effectiveSchema(schema, {}, { schedule: 'step' }, {}))).toContain('stepEpochs')
  })
  it('never hide a change or a complaint', () => {
    expect(keys(effectiveSchema(schema, { stepEpochs: 3 }, {}, {}))).toContain('stepEpochs')
    expect(keys(effectiveSchema(schema, {}, {}, { stepEpochs: 'too long' }))).toContain('stepEpochs')
  })
})

describe('presets', () => {
  const small = preset('small', { units: 16, epochs: 40 })
  const large = preset('large', { units: 64, epochs: 20 })
  it('are those of this kind of data', () => {
    const family = { presets: [small, preset('pictures', {}, ['image'])] } as unknown as FamilyDescriptor
    expect(presetsFor(family, { modality: 'table', task: 'classification' })).toEqual([small])
  })
  it('the one that the server chose is found by its settings', () => {
    expect(presetOfPlan([large, small], plan({ units: 16, epochs: 40 }))).toBe(small)
  })
  it('also when one default had to yield to the data', () => {
    const batched = preset('batched', { units: 64, epochs: 20, batchSize: 128 })
    expect(presetOfPlan([small, batched], plan({ units: 64, epochs: 20, batchSize: 16 }))).toBe(batched)
  })
  it('none is claimed when none fits', () => {
    expect(presetOfPlan([small, large], plan({ units: 1, epochs: 1 }))).toBeNull()
    expect(presetOfPlan([preset('one', { epochs: 12 })], plan({ epochs: 3 }))).toBeNull()
  })
  it('what the plan filled in counts as default, what was typed does not', () => {
    const defaults = defaultsFor(small, plan({ units: 8, epochs: 40, batchSize: 4 }), { units: 8 })
    expect(defaults).toEqual({ units: 16, epochs: 40, batchSize: 4 })
  })
})

it('problems go to their fields, those of none stay in the summary', () => {
  const problems = [
    { param: 'units', message: 'too many' },
    { param: null, message: 'no data' },
  ]
  expect(errorsByParam(problems)).toEqual({ units: 'too many' })
})
