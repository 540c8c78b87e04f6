import { InvalidArgumentError } from 'commander'
import type { ParamsSchema } from '@shared/descriptor'

/** Parsers of what people type; a refusal is bad usage (exit 2). */

export const commaList = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)

export function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError(`"${text}" is no number.`)
  return value
}

export function integer(text: string): number {
  const value = number(text)
  if (!Number.isInteger(value)) throw new InvalidArgumentError(`"${text}" is no whole number.`)
  return value
}

export const numberList = (text: string): number[] => commaList(text).map(number)

/** `A92=female,A91=male` → record. */
export function mapping(text: string): Record<string, string> {
  const pairs = commaList(text).map((pair) => splitPair(pair))
  if (pairs.length === 0) throw new InvalidArgumentError('Give pairs such as A92=female,A91=male.')
  return Object.fromEntries(pairs)
}

/** `--set a=1 --set b=x` → record of texts, typed later by what the family says of its params. */
export function collectSetting(text: string, sofar: Record<string, string> = {}): Record<string, string> {
  const [key, value] = splitPair(text)
  return { ...sofar, [key]: value }
}

function splitPair(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError(`"${text}" is no pair; write key=value.`)
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}

/** Gives the texts of `--set` the types that the plug-in's own description asks for; the plug-in checks the rest. */
export function typedSettings(settings: Record<string, string>, schema: ParamsSchema | null): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, text]) => [key, typedValue(text, schema?.properties[key]?.type)]),
  )
}

function typedValue(text: string, type: string | undefined): unknown {
  if (type === 'string') return text
  const parsed = parseJson(text)
  if (type !== 'array' || Array.isArray(parsed)) return parsed
  return commaList(text).map(parseJson)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
