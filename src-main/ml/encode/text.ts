import { WorkbenchError } from '@shared/errors'
import { namesIn } from '@shared/masks'
import type { FieldValue } from '@shared/schemas/dataset'
import type { RunParams } from '../settings'
import type { PredictInput } from '../snapshot'
import { tokensOf, type Token } from './tokens'

/** What stands where a text has ended, and for a word that the vocabulary lacks. */
export const paddingId = 0
export const unknownId = 1
const firstWord = 2

/** How texts become numbers, [length]: ids of words, held as float32 like all inputs. */
export interface TextEncoding {
  kind: 'text'
  /** Fields that are read one after the other. */
  fields: string[]
  length: number
  /** Word of id `firstWord` + its place, most frequent first; of the training split only. */
  words: string[]
  /** Left out wherever they stand, as if they were not there; absent for none. */
  masked?: string[]
  rule: string
}

const autoLength = 256
/** Share of the training texts that fit whole where the length is chosen here. */
const wholeShare = 0.99

/** Words that an id can stand for: those of the vocabulary, unknown ones and padding. */
export const vocabularyRows = (words: number) => words + firstWord

/** Tokens that the network reads; `longest`: tokens of the longest training text. `wanted` 0: by the texts. */
export const plannedLength = (longest: number, wanted: number) =>
  wanted > 0 ? wanted : Math.max(1, Math.min(autoLength, longest))

type TextParams = Pick<RunParams, 'vocabularySize' | 'wordCount' | 'textLength'> & Partial<Pick<RunParams, 'maskWords'>>

/** Fits vocabulary and length on training texts. */
export function fitText(
  fields: string[],
  texts: string[],
  { vocabularySize, wordCount, textLength, maskWords }: TextParams,
): TextEncoding {
  const masked = [...new Set(namesIn(maskWords).flatMap((name) => tokensOf(name).map(({ word }) => word)))]
  const counts = new Map<string, number>()
  const lengths: number[] = []
  for (const text of texts) {
    const tokens = readTokens({ masked }, text)
    lengths.push(tokens.length)
    for (const { word } of tokens) counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  const often = [...counts].filter(([, count]) => count >= wordCount)
  often.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  const words = often.slice(0, vocabularySize).map(([word]) => word)
  lengths.sort((a, b) => a - b)
  const most = lengths[Math.ceil(wholeShare * lengths.length) - 1] ?? 1
  const length = plannedLength(most, textLength)
  const rule = ruleOf(length, words.length, counts.size, wordCount)
  if (masked.length === 0) return { kind: 'text', fields, length, words, rule }
  const left = masked.map((word) => `"${word}"`).join(', ')
  return { kind: 'text', fields, length, words, masked, rule: `${rule} Left out, as if not there: ${left}.` }
}

/** The tokens that are read of a text, at most `limit` of them. */
function readTokens({ masked = [] }: Pick<TextEncoding, 'masked'>, text: string, limit = Infinity): Token[] {
  if (masked.length === 0) return tokensOf(text, limit)
  return tokensOf(text)
    .filter(({ word }) => !masked.includes(word))
    .slice(0, limit)
}

function ruleOf(length: number, kept: number, seen: number, wordCount: number): string {
  return (
    `Words and signs in small letters, the first ${length} of each text; ${kept} of the ${seen} different ones of the ` +
    `training split have a number of their own${wordCount > 1 ? ` (those that occur at least ${wordCount} times)` : ''}, ` +
    'all others share one for unknown words. Shorter texts are filled up at the end.'
  )
}

/** The text that is read: the values of its fields, one after the other. */
export const joinedText = (values: readonly (FieldValue | undefined)[]): string =>
  values
    .filter((value) => value !== null && value !== undefined)
    .map(String)
    .join('\n')

/** Encodes texts: [texts.length, length] float32, row-major. */
export function encodeTexts(encoding: TextEncoding, texts: string[]): Float32Array {
  const { words, length } = encoding
  const ids = new Map(words.map((word, i) => [word, i + firstWord]))
  const encoded = new Float32Array(texts.length * length).fill(paddingId)
  texts.forEach((text, i) => {
    const tokens = readTokens(encoding, text, length)
    tokens.forEach(({ word }, at) => (encoded[i * length + at] = ids.get(word) ?? unknownId))
  })
  return encoded
}

/** The text of something to predict; throws `invalid_input` where it lacks a field that is read. */
export function textOf({ fields }: TextEncoding, { values }: PredictInput): string {
  if (!values)
    throw new WorkbenchError(
      'invalid_input',
      'This model reads texts: give text files, or a table with a column of texts.',
    )
  const lacking = fields.filter((field) => !Object.hasOwn(values, field))
  if (lacking.length === 0) return joinedText(fields.map((field) => values[field]))
  throw new WorkbenchError(
    'invalid_input',
    `The column "${lacking[0]}" is missing; this model reads ${fields.map((field) => `"${field}"`).join(' and ')}.`,
    { lacking },
  )
}

/** The tokens that the network read of a text, and whether it knows them. */
export function shownTokens(encoding: TextEncoding, text: string): (Token & { isKnown: boolean })[] {
  const known = new Set(encoding.words)
  return readTokens(encoding, text, encoding.length).map((token) => ({ ...token, isKnown: known.has(token.word) }))
}
