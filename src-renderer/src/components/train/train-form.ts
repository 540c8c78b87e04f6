import type { FamilyDescriptor, ParamsSchema } from '@shared/descriptor'
import type { Modality, Task } from '@shared/schemas/dataset'
import type { Plan } from '@shared/schemas/run'
import { defaultsOf, isDefault, fieldOf, type ParamValues } from '../params-form'

export type Preset = FamilyDescriptor['presets'][number]

/** What is predicted, and of which kind of data: families, presets and knobs may be for some of these only. */
export interface Purpose {
  modality: Modality
  task: Task
}

export const familiesFor = (families: FamilyDescriptor[], { modality, task }: Purpose): FamilyDescriptor[] =>
  families.filter(({ modalities, tasks }) => modalities.includes(modality) && tasks.includes(task))

export const presetsFor = (family: FamilyDescriptor, { modality, task }: Purpose): Preset[] =>
  family.presets.filter(({ modalities, tasks }) => modalities.includes(modality) && (tasks?.includes(task) ?? true))

/** The knobs that mean something here (a knob may name its modalities and tasks). */
export function schemaFor(schema: ParamsSchema, { modality, task }: Purpose): ParamsSchema {
  const fits = (limit: unknown, own: string) => !Array.isArray(limit) || (limit as string[]).includes(own)
  return {
    properties: Object.fromEntries(
      Object.entries(schema.properties).filter(
        ([, knob]) => fits(knob['modalities'], modality) && fits(knob['tasks'], task),
      ),
    ),
  }
}

/**
 * Leaves out knobs that have no effect as things stand: `when: {schedule: ['step']}` names the setting, and its values,
 * under which one counts. One that was changed or is complained about stays, so that nothing acts out of sight.
 */
export function effectiveSchema(
  schema: ParamsSchema,
  changed: ParamValues,
  defaults: ParamValues,
  errors: Record<string, string>,
): ParamsSchema {
  const all = { ...defaultsOf(schema), ...defaults }
  const valueOf = (key: string) => (key in changed ? changed[key] : all[key])
  const isShown = (key: string, when: unknown) => {
    if (!when || typeof when !== 'object' || errors[key]) return true
    if (key in changed && !isDefault({ ...fieldOf(key, schema.properties[key]!), default: all[key] }, changed[key]))
      return true
    return Object.entries(when).every(([other, values]) => (values as unknown[]).includes(valueOf(other)))
  }
  return {
    properties: Object.fromEntries(
      Object.entries(schema.properties).filter(([key, knob]) => isShown(key, knob['when'])),
    ),
  }
}

/** The preset whose settings the plan shows when none was asked for: the one the server chose for this data. */
export function presetOfPlan(presets: Preset[], plan: Plan): Preset | null {
  const misses = ({ params }: Preset) =>
    Object.entries(params).filter(([key, value]) => JSON.stringify(plan.params[key]) !== JSON.stringify(value)).length
  const size = ({ params }: Preset) => Object.keys(params).length
  // A default may yield to the data (a batch cannot be larger than the training split), so one of several may differ.
  const close = presets.filter((preset) => misses(preset) <= (size(preset) > 1 ? 1 : 0))
  return close.sort((a, b) => misses(a) - misses(b) || size(b) - size(a))[0] ?? null
}

/** What counts as default in the form: what the plan filled in by itself, else the preset's, else the schema's. */
export function defaultsFor(preset: Preset | null, plan: Plan | null, changed: ParamValues): ParamValues {
  const filled = Object.entries(plan?.params ?? {}).filter(([key]) => !(key in changed))
  return { ...preset?.params, ...Object.fromEntries(filled) }
}

/** Problems by their knob; those of no knob, or of one that is not shown, are for the summary only. */
export const errorsByParam = (problems: Plan['problems']): Record<string, string> =>
  Object.fromEntries(problems.flatMap(({ param, message }) => (param === null ? [] : [[param, message]])))
