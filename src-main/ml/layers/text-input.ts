import { z } from 'zod'
import { vocabularyRows } from '../encode/text'
import { mixSeeds } from '../random'
import { tf, type TensorFlow } from '../tf'
import { TokenEmbedding, TokenPresence } from './tokens'

type Symbolic = TensorFlow.SymbolicTensor

/** The knob that every family of texts has. */
export const vectorSize = z.int().min(2).max(1024).meta({
  group: 'Network',
  title: 'Vector size',
  description: 'Numbers that the network learns for each word.',
  unit: 'numbers',
})

/** How a text comes into a network: ids [length], a vector per word [length, units], and which words are there. */
export function textInput(
  inputShape: number[],
  { vectorSize: units, ...params }: { vectorSize: number },
  seed: number,
  isMask: boolean,
): { input: Symbolic; vectors: Symbolic; present: Symbolic } {
  const input = tf.input({ shape: inputShape, name: 'input' })
  const rows = vocabularyRows((params as { vocabularySize?: number }).vocabularySize ?? 0)
  const embedding = new TokenEmbedding({ rows, units, isMask, seed: mixSeeds(seed, 90), name: 'words' })
  return {
    input,
    vectors: embedding.apply(input) as Symbolic,
    present: new TokenPresence({ name: 'presence' }).apply(input) as Symbolic,
  }
}
