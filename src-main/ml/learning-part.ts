import { join } from 'node:path'
import { readWeights, writeSome } from './checkpoint'
import { augmentationOf } from './encode/augment'
import { loadTrainingData, type TrainingData } from './encode/training-data'
import { fitsInMemory, frozenFeatures, splitAfter } from './frozen'
import { buildModel, graphOf, startingWeights, type ModelSpec } from './model'
import type { NamedArray } from './safetensors'
import { familyNamed } from './settings'
import type { Snapshot } from './snapshot'
import type { LayersModel } from './tf'

/**
 * What is trained, and on what: the whole network on the samples; or, where its beginning does not learn and sees the same
 * pictures in each epoch, its end on what the beginning makes of them.
 */
export async function networkAndData(
  spec: ModelSpec,
  snapshot: Snapshot,
  cacheDir: string,
  signal: AbortSignal,
  progress: (done: number) => void,
): Promise<{ model: LayersModel; data: TrainingData; whole: LayersModel }> {
  const family = familyNamed(spec.family)
  const { params, encoding } = spec
  const whole = buildModel(family, params, spec.inputShape, snapshot.classes.length, graphOf(spec))
  try {
    writeSome(whole, await startingWeights(spec, snapshot.classes.length))
    const frozen = augmentationOf(params) ? null : (family.frozenUpTo?.(params) ?? null)
    if (frozen !== null && encoding.kind === 'image') {
      const split = splitAfter(whole, frozen)
      if (fitsInMemory(split, snapshot.samples.length)) {
        const files = snapshot.samples.map(({ path, hash }) => ({ path: path ?? '', hash }))
        const place = { files, encoding, cacheDir: join(cacheDir, 'features') }
        return { model: split.head, data: await frozenFeatures(split.stem, place, signal, progress), whole }
      }
      split.head.dispose()
    }
    return { model: whole, data: await loadTrainingData(snapshot, encoding, cacheDir, signal, progress), whole }
  } catch (error) {
    whole.dispose()
    throw error
  }
}

/** All weights of a network of which `learnt` are those that were trained. */
export function withFrozen(whole: LayersModel, learnt: NamedArray[]): NamedArray[] {
  const names = new Set(learnt.map(({ name }) => name))
  return [...readWeights(whole).filter(({ name }) => !names.has(name)), ...learnt]
}

export function disposeBoth(model: LayersModel, whole: LayersModel): void {
  if (model !== whole) model.dispose()
  whole.dispose()
}

/** Share of the learning rate of a weight, by its name in the network. */
export const rateOf =
  ({ family, params }: ModelSpec) =>
  (weight: string): number =>
    familyNamed(family).rateOf?.(params, weight.split('/')[0]!) ?? 1
