/* eslint-disable @typescript-eslint/no-explicit-any -- a registry holds plug-ins of different params */
import type { z } from 'zod'
import type { Modality } from '@shared/schemas/dataset'
import type { LayersModel, Tensor } from '../tf'

/** The model as a method sees it: a differentiable score, and the layers for those that look inside. */
export interface Explained {
  /** Logits [batch, classes] of inputs [batch, ...shape]; differentiable. */
  logits(input: Tensor): Tensor
  /** Gradient of one class's logit at each of `inputs`, shaped as they are, where there is a faster way than by `logits`. */
  gradient?(inputs: Tensor, target: number): Tensor
  /** The layers model itself (Grad-CAM needs its last convolution). */
  model: LayersModel
}

export interface SampleAttributionInput<P> extends Explained {
  /** One sample with its batch axis: [1, ...shape]. */
  input: Tensor
  /** Class index explained. */
  target: number
  params: P
  /** What 'absent' means for this model: [1, ...shape] (zeros, mean …). */
  baseline: Tensor
  /** Tables: which columns of the input belong to each field; they are hidden together. */
  fields?: { columns: number[] }[] | undefined
  signal: AbortSignal
  progress(done: number, total: number): void
}

interface Common<P> {
  id: string
  title: string
  summary: string
  reference: string
  params: z.ZodType<P>
  modalities: Modality[]
  /** Families it works with; empty: any. */
  families: string[]
  /** Signed maps get a diverging colour scale; unsigned ones a sequential scale. */
  signed: boolean
  /** Where the settings decide whether the map is signed. */
  isSignedWith?(params: P): boolean
  /** True when the attributions must sum to f(input) - f(baseline); conformance then checks it. */
  complete: boolean
  /** True when they do so on average over many draws; checked on each map, not promised of one. */
  completeInMean?: boolean
}

export interface SampleAttribution<P = any> extends Common<P> {
  scope: 'sample'
  /** Null when it fits; else why not, in a sentence. */
  whyIncompatible?(model: LayersModel): string | null
  /** Where the settings choose what a sample is compared with: that point [1, ...shape], which the caller disposes. */
  baselineOf?(params: P, input: Tensor, neutral: Tensor): Tensor
  /** Settings with less work, for the maps that a check compares with each other; `shape` is one sample's. */
  coarse?(params: P, shape: number[]): P
  /** Returns scores shaped like one sample without batch axis (or [height, width]). The caller disposes it. */
  attribute(input: SampleAttributionInput<P>): Promise<Tensor>
}

export interface DatasetAttributionInput<P> {
  /** Class probabilities [n, classes] of encoded inputs [n, features]. */
  probabilities(inputs: Tensor): Tensor
  /** Encoded samples [n, features] and their true class indices. */
  inputs: Tensor
  targets: number[]
  /** Which encoded columns belong to each field. */
  fields: { name: string; columns: number[] }[]
  params: P
  signal: AbortSignal
  progress(done: number, total: number): void
}

export interface DatasetAttribution<P = any> extends Common<P> {
  scope: 'dataset'
  attribute(
    input: DatasetAttributionInput<P>,
  ): Promise<{ scoreName: string; score: number; fields: { name: string; mean: number; low: number; high: number }[] }>
}

export type AttributionMethod<P = any> = SampleAttribution<P> | DatasetAttribution<P>

export const defineAttribution = <P>(method: SampleAttribution<P>): SampleAttribution<P> => method
export const defineDatasetAttribution = <P>(method: DatasetAttribution<P>): DatasetAttribution<P> => method
