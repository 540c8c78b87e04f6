import { mixSeeds } from '../random'
import { tf, type TensorFlow } from '../tf'
import { gru, type GruOptions } from './gru'
import { lstm } from './lstm'

export interface StackOptions extends Omit<GruOptions, 'returnState' | 'name'> {
  kind: 'lstm' | 'gru'
  /** How many recurrent layers stand one above the other. */
  depth: number
  /** Share of what one layer hands to the next that is silenced at random while training; 0 to below 1. */
  dropout?: number
}

/** Recurrent layers one above the other, named `lstm-1`, `dropout-1`, `lstm-2` …; add them to a model in this order. */
export function recurrentStack({ kind, depth, dropout = 0, ...options }: StackOptions): TensorFlow.layers.Layer[] {
  const make = kind === 'lstm' ? lstm : gru
  return Array.from({ length: depth }, (_, i) => i + 1).flatMap((level) => {
    const isTop = level === depth
    const layer = make({
      ...options,
      seed: mixSeeds(options.seed, level),
      name: `${kind}-${level}`,
      returnSequences: isTop ? options.returnSequences : true,
    } as GruOptions)
    return isTop || dropout === 0 ? [layer] : [layer, tf.layers.dropout({ rate: dropout, name: `dropout-${level}` })]
  })
}
