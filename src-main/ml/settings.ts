import { z } from 'zod'
import { WorkbenchError } from '@shared/errors'
import { modalityFacts } from '@shared/modalities'
import type { Modality, Task } from '@shared/schemas/dataset'
import type { Params } from '@shared/schemas/run'
import type { Family, Preset } from './families/define'
import { NumberParams } from './number-params'
import { keysFor, parseParams, type ParamsObject } from './params'
import { families } from './registry'
import { TrainingParams } from './training-params'

/** A run's complete hyperparameters: those of training, of predicting a number where it does, and those of its family. */
export type RunParams = TrainingParams & Partial<NumberParams> & Params

export interface SettingsContext {
  modality: Modality
  /** Classification where absent. */
  task?: Task
  sampleCount: number
  inputShape: number[]
  classCount: number
}

/** The family of that name. Throws `not_found` with the names that there are. */
export function familyNamed(id: string): Family {
  const family = families.get(id)
  if (family) return family
  throw new WorkbenchError('not_found', `No model family "${id}". There are: ${[...families.keys()].join(', ')}.`)
}

/** All knobs of a family: its own first, then those of training. */
export function settingsSchema(family: Family): ParamsObject {
  return z.object({ ...(family.params as ParamsObject).shape, ...TrainingParams.shape, ...NumberParams.shape })
}

/** The preset asked for, else the first that fits the data; null when the family has none for it. */
export function choosePreset(family: Family, id: string | undefined, context: SettingsContext): Preset<Params> | null {
  const { modality, task = 'classification' } = context
  const presets = family.presets.filter(
    (preset) => preset.modalities.includes(modality) && (preset.tasks?.includes(task) ?? true),
  )
  if (id === undefined) return presets.find((preset) => preset.fits?.(context) ?? true) ?? null
  const preset = presets.find((candidate) => candidate.id === id)
  if (preset) return preset
  const names = presets.map((candidate) => candidate.id).join(', ') || 'none'
  throw new WorkbenchError('not_found', `${family.title} has no preset "${id}" for this data. There are: ${names}.`)
}

/**
 * Complete hyperparameters: defaults, then the preset's, then what was asked for (strings are read as their knob's type).
 * Knobs of other modalities and tasks are left out; asking for one is `invalid_input`.
 */
export function resolveParams(
  family: Family,
  asked: Params,
  preset: string | undefined,
  context: SettingsContext,
): RunParams {
  const schema = settingsSchema(family)
  const { modality, task = 'classification' } = context
  const fitting = new Set(keysFor(schema, modality, task))
  const full = parseParams(schema, { ...choosePreset(family, preset, context)?.params, ...asked }, family.title)
  const what = `${modalityFacts[modality].many}${task === 'regression' ? ' of which a number is predicted' : ''}`
  const misplaced = Object.keys(asked).filter((key) => !fitting.has(key))
  if (misplaced.length > 0)
    throw new WorkbenchError(
      'invalid_input',
      `"${misplaced.join('", "')}" ${misplaced.length > 1 ? 'have' : 'has'} no meaning for ${what}. Leave it out.`,
      { misplaced },
    )
  return Object.fromEntries(Object.entries(full).filter(([key]) => fitting.has(key))) as RunParams
}
