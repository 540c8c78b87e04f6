// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { defineComponent, h } from 'vue'
import { z } from 'zod'
import {
  defaultsOf,
  fieldOf,
  groupsOf,
  isDefault,
  parseParam,
  problemOf,
  titleOfKey,
} from '@renderer/components/params-form'
import ParamsForm from '@renderer/components/ParamsForm.vue'
import type { ParamsSchema } from '@shared/descriptor'

/** Described as plug-ins do it: zod with meta, through z.toJSONSchema. */
const schema = z.toJSONSchema(
  z.object({
    learningRate: z
      .number()
      .positive()
      .max(1)
      .default(0.001)
      .meta({ title: 'Learning rate', description: 'Size of a step.', group: 'Optimizer' }),
    optimizer: z.enum(['adam', 'sgd']).default('adam').meta({ group: 'Optimizer' }),
    units: z.number().int().min(1).max(512).default(64).meta({ group: 'Network' }),
    seed: z.number().int().nullable().default(null).meta({ group: 'Network', advanced: true }),
    hasBias: z.boolean().default(true).meta({ group: 'Network' }),
  }),
  { io: 'input' },
) as unknown as ParamsSchema

describe('a form from a description', () => {
  it('groups fields under their headings in the order of the schema', () => {
    const groups = groupsOf(schema)
    expect(groups.map(({ title }) => title)).toEqual(['Optimizer', 'Network'])
    expect(groups[0]!.fields.map(({ key, kind }) => [key, kind])).toEqual([
      ['learningRate', 'number'],
      ['optimizer', 'enum'],
    ])
    expect(defaultsOf(schema)).toEqual({ learningRate: 0.001, optimizer: 'adam', units: 64, seed: null, hasBias: true })
  })

  it('reads bounds, nullable knobs and missing titles', () => {
    const units = fieldOf('units', schema.properties['units']!)
    expect(units).toMatchObject({ kind: 'integer', minimum: 1, maximum: 512, title: 'Units', isNullable: false })
    const seed = fieldOf('seed', schema.properties['seed']!)
    expect(seed).toMatchObject({ kind: 'integer', isNullable: true, isAdvanced: true })
    expect(seed.minimum).toBeUndefined()
    expect(titleOfKey('earlyStoppingPatience')).toBe('Early stopping patience')
  })

  it('tells at once what cannot be taken', () => {
    const units = fieldOf('units', schema.properties['units']!)
    expect(problemOf(units, '12')).toBeNull()
    expect(problemOf(units, '1.5')).toBe('Give a whole number.')
    expect(problemOf(units, '')).toBe('Give a whole number.')
    expect(problemOf(units, '0')).toBe('Between 1 and 512.')
    const rate = fieldOf('learningRate', schema.properties['learningRate']!)
    expect(parseParam(rate, '0,01')).toBe(0.01)
    expect(problemOf(rate, 'abc')).toBe('Give a number.')
    expect(problemOf(fieldOf('seed', schema.properties['seed']!), '')).toBeNull()
    expect(isDefault(units, 64)).toBe(true)
    expect(isDefault(units, 65)).toBe(false)
  })
})

const anything = { type: null, default: undefined }
const stub = (tag: string, event = 'update:modelValue') =>
  defineComponent({
    props: { modelValue: anything, id: anything, items: anything, label: anything },
    emits: [event, 'click'],
    setup:
      (props, { emit }) =>
      () =>
        h(
          tag,
          {
            id: props.id,
            value: props.modelValue,
            onClick: () => emit('click'),
            onInput: (e: Event) => emit(event, (e.target as HTMLInputElement).value),
          },
          props.label,
        ),
  })
const stubs = {
  UInput: stub('input'),
  USelect: stub('select'),
  USwitch: stub('input'),
  UButton: stub('button'),
  UTooltip: { template: '<slot />' },
}

describe('ParamsForm', () => {
  const open = (modelValue: Record<string, unknown>, extra = {}) =>
    mount(ParamsForm, { props: { schema, modelValue, ...extra }, global: { stubs } })
  const input = (wrapper: ReturnType<typeof open>, title: string) => {
    const label = wrapper.findAll('label').find((one) => one.text().startsWith(title))!
    return wrapper.find(`[id="${label.attributes('for')}"]`)
  }

  it('emits only what differs from the defaults, and nothing while the text is unreadable', async () => {
    const wrapper = open({})
    await input(wrapper, 'Units').setValue('128')
    expect(wrapper.emitted('update:modelValue')).toEqual([[{ units: 128 }]])
    await input(wrapper, 'Units').setValue('many')
    expect(wrapper.emitted('update:modelValue')).toHaveLength(1)
    expect(wrapper.emitted('update:invalid')!.at(-1)).toEqual([true])
    expect(wrapper.text()).toContain('Give a whole number.')
    await input(wrapper, 'Units').setValue('64')
    expect(wrapper.emitted('update:modelValue')!.at(-1)).toEqual([{}])
    expect(wrapper.emitted('update:invalid')!.at(-1)).toEqual([false])
  })

  it("a preset's values count as defaults", async () => {
    const wrapper = open({}, { defaults: { units: 32 } })
    expect((input(wrapper, 'Units').element as HTMLInputElement).value).toBe('32')
    await input(wrapper, 'Units').setValue('64')
    expect(wrapper.emitted('update:modelValue')).toEqual([[{ units: 64 }]])
  })

  it('shows errors by key and opens a fold that holds one', () => {
    const closed = open({})
    expect(closed.text()).not.toContain('Seed')
    const wrapper = open({}, { errors: { seed: 'No such seed.' } })
    expect(wrapper.text()).toContain('No such seed.')
  })
})
