import type { Catalog } from '@shared/descriptor'
import { modalities } from './modalities'
import { describeParams } from './params'
import { attributions, fairnessMetrics, families } from './registry'
import { settingsSchema } from './settings'

/** What every plug-in says of itself: forms, `--set` keys and menus come from this. */
export function describePlugins(): Omit<Catalog, 'sampleDatasets'> {
  return {
    modalities: modalities.map(({ id, title, extensions, viewer, labelKinds }) => ({
      id,
      title,
      extensions,
      viewer,
      labelKinds,
    })),
    families: [...families.values()].map((family) => ({
      id: family.id,
      title: family.title,
      summary: family.summary,
      ...(family.reference && { reference: family.reference }),
      modalities: family.modalities,
      firstChoiceFor: family.firstChoiceFor ?? [],
      tasks: family.tasks,
      params: describeParams(settingsSchema(family)),
      presets: family.presets.map(({ id, title, suits, modalities, tasks, params }) => ({
        id,
        title,
        suits,
        modalities,
        ...(tasks && { tasks }),
        params,
      })),
    })),
    attributions: [...attributions.values()].map((method) => ({
      id: method.id,
      title: method.title,
      summary: method.summary,
      reference: method.reference,
      scope: method.scope,
      signed: method.signed,
      complete: method.complete,
      modalities: method.modalities,
      families: method.families,
      params: describeParams(method.params),
    })),
    fairnessMetrics: [...fairnessMetrics.values()].map(({ id, title, summary, reference, kind, ideal }) => ({
      id,
      title,
      summary,
      reference,
      kind,
      ideal,
    })),
  }
}
