import type { z } from 'zod'
import type { Modality, Task } from '@shared/schemas/dataset'
import type { Params } from '@shared/schemas/run'
import type { GraphSizes } from '../decode/graph/pack'
import type { NamedArray } from '../safetensors'
import type { LayersModel } from '../tf'

export interface BuildInput<P> {
  params: P
  /** One sample without its batch axis: [height, width, channels] or [features]. */
  inputShape: number[]
  /** Numbers that the network gives out: one per class, or a single one where a number is predicted. */
  classCount: number
  /** Seeds every initializer and dropout: same seed, same weights. */
  seed: number
  /** Nodes: sizes of the graph that the network holds. */
  graph?: GraphSizes
}

export interface Preset<P> {
  id: string
  title: string
  /** When to take it, in a few words. */
  suits: string
  modalities: Modality[]
  /** Tasks that it suits; left out: all of the family's. */
  tasks?: Task[]
  /** The default preset is the first whose `fits` is true (no `fits`: always). */
  fits?(data: { modality: Modality; sampleCount: number; inputShape: number[]; classCount: number }): boolean
  params: Partial<P> & Params
}

/** A model family: one file in `families/`. Plain TensorFlow.js layers code; the last layer gives logits. */
export interface Family<P = Record<string, unknown>> {
  id: string
  title: string
  summary: string
  reference?: string
  modalities: Modality[]
  /** Kinds of data for which this family is proposed before any other. */
  firstChoiceFor?: Modality[]
  tasks: Task[]
  /** The family's own hyperparameters; those of training (optimizer, epochs …) are added to every family. */
  params: z.ZodType<P>
  presets: Preset<P>[]
  /** Reasons why these params cannot work on this input, told before the start. */
  check?(input: BuildInput<P>): { param: string | null; message: string }[]
  /** Builds the network; outputs logits (or the standardised number) [batch, classCount]. Layers with `trainable: false` keep their weights. */
  build(input: BuildInput<P>): LayersModel
  /** Trained weights to begin with, by their names in the network, in the place of those that `build` draws. */
  startingWeights?(input: BuildInput<P>): Promise<NamedArray[]>
  /** Last layer of the part that does not learn, through which all goes on: it is computed once per sample. Null: none. */
  frozenUpTo?(params: P): string | null
  /** Share of the learning rate at which a layer learns; 1 where absent. */
  rateOf?(params: P, layer: string): number
}

export const defineFamily = <P>(family: Family<P>): Family<P> => family
