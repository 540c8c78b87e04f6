import type { FamilyDescriptor } from '@shared/descriptor'
import type { Run } from '@shared/schemas/run'
import { reactive } from 'vue'
import { defaultsOf, type ParamValues } from '../params-form'
import { familiesFor, presetOfPlan, presetsFor, schemaFor, type Purpose } from './train-form'

/** What is set up on the Train screen of a dataset; kept while the window lives, so that leaving it loses nothing. */
export interface Draft {
  family: string
  /** Null until the plan has told which one fits this data. */
  preset: string | null
  /** What differs from the preset. */
  params: ParamValues
  name: string
}

const drafts = reactive(new Map<string, Draft>())

/** The draft of this dataset, made with the family that suits its kind of data best; null when there is none. */
export function draftOf(datasetId: string, purpose: Purpose, families: FamilyDescriptor[]): Draft | null {
  const fitting = familiesFor(families, purpose)
  // Settings for classes are none for numbers: a target that is taken for something else begins anew.
  const key = `${datasetId} ${purpose.task}`
  const known = drafts.get(key)
  if (known && fitting.some(({ id }) => id === known.family)) return known
  const first = preferred(fitting, purpose)
  if (!first) return null
  drafts.set(key, { family: first.id, preset: null, params: {}, name: '' })
  return drafts.get(key)!
}

function preferred(families: FamilyDescriptor[], { modality }: Purpose): FamilyDescriptor | undefined {
  return families.find(({ firstChoiceFor }) => firstChoiceFor.includes(modality)) ?? families[0]
}

/** Sets the draft up as a finished run was, so that one thing can be changed and tried again. */
export function draftFromRun(run: Run, purpose: Purpose, family: FamilyDescriptor): void {
  const schema = schemaFor(family.params, purpose)
  const preset = presetOfPlan(presetsFor(family, purpose), { ...emptyPlan, params: run.params })
  const defaults = { ...defaultsOf(schema), ...preset?.params }
  const changed = Object.entries(run.params).filter(
    ([key, value]) => key in schema.properties && JSON.stringify(value) !== JSON.stringify(defaults[key]),
  )
  const params = Object.fromEntries(changed)
  drafts.set(`${run.datasetId} ${purpose.task}`, { family: family.id, preset: preset?.id ?? null, params, name: '' })
}

const emptyPlan = { layers: [], parameterCount: 0, inputShape: [], problems: [], warnings: [], estimate: null }
