import { createRequire } from 'node:module'
import type * as TensorFlow from '@tensorflow/tfjs'
import type { EngineStatus } from '@shared/schemas/workspace'

/**
 * The only file that names TensorFlow.js. Loads the native binding (`@tensorflow/tfjs-node-gpu`, which links whichever
 * TensorFlow wheel set-up built it against); where that cannot be had, the pure-JavaScript `cpu` backend.
 */
const load = createRequire(__filename)

function loadNative(): typeof TensorFlow {
  // tfjs-node calls util.isNullOrUndefined, which is gone from Node 23 on (tensorflow/tfjs issue 8609).
  const util = load('node:util') as { isNullOrUndefined?: (value: unknown) => boolean }
  util.isNullOrUndefined ??= (value) => value === null || value === undefined
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2'
  return load('@tensorflow/tfjs-node-gpu') as typeof TensorFlow
}

let failure: string | null = null

function loadAny(): typeof TensorFlow {
  if (process.env['PELLUCID_ENGINE'] !== 'cpu') {
    try {
      return loadNative()
    } catch (error) {
      failure = `The native engine could not be loaded: ${(error as Error).message.split('\n')[0]}`
    }
  } else failure = 'The pure-JavaScript engine was asked for (PELLUCID_ENGINE=cpu).'
  return load('@tensorflow/tfjs') as typeof TensorFlow
}

export const tf = loadAny()

/** Which engine this process computes with, and why. */
export function engineStatus(): EngineStatus {
  const native = failure === null
  const binding = native
    ? (tf.backend() as unknown as { binding: { TF_Version?: string }; isUsingGpuDevice?: boolean })
    : null
  return {
    backend: native ? 'tensorflow' : 'cpu',
    device: binding?.isUsingGpuDevice ? 'GPU' : 'CPU',
    threads: native ? Number(process.env['TF_NUM_INTRAOP_THREADS'] ?? 0) || load('node:os').availableParallelism() : 1,
    version: binding?.binding.TF_Version ?? tf.version_core,
    reason: failure,
  }
}

export type { TensorFlow }
export type Tensor = TensorFlow.Tensor
/** A tuple of N tensors. */
export type Tensors<N extends number, T extends Tensor[] = []> = T['length'] extends N ? T : Tensors<N, [...T, Tensor]>
export type LayersModel = TensorFlow.LayersModel
