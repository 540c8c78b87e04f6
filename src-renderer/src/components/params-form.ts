import type { ParamSchema, ParamsSchema } from '@shared/descriptor'
import { titled } from '../format'

export type ParamValue = unknown
export type ParamValues = Record<string, ParamValue>

export type ParamKind = 'integer' | 'number' | 'boolean' | 'enum' | 'text'

export interface ParamField {
  key: string
  kind: ParamKind
  title: string
  help: string
  group: string
  isAdvanced: boolean
  unit: string
  default: ParamValue
  options: unknown[]
  minimum: number | undefined
  maximum: number | undefined
  /** `null` is a legal value ("none", "automatic"). */
  isNullable: boolean
}

export interface ParamGroup {
  title: string
  fields: ParamField[]
}

/** "learningRate" → "Learning rate". */
export const titleOfKey = (key: string): string => {
  const words = key.replace(/[_-]+/g, ' ').replace(/([a-z0-9])([A-Z])/g, '$1 $2')
  return titled(words.toLowerCase())
}

/** zod writes a nullable knob as `anyOf: [schema, {type: 'null'}]`; both halves are folded into one. */
function flatten(schema: ParamSchema): { schema: ParamSchema; isNullable: boolean } {
  const variants = (schema as { anyOf?: ParamSchema[] }).anyOf
  if (!variants) return { schema, isNullable: false }
  const isNullable = variants.some(({ type }) => type === 'null')
  const first = variants.find(({ type }) => type !== 'null') ?? {}
  return { schema: { ...first, ...schema }, isNullable }
}

function kindOf(schema: ParamSchema): ParamKind {
  if (schema.enum) return 'enum'
  if (schema.type === 'boolean') return 'boolean'
  if (schema.type === 'integer') return 'integer'
  return schema.type === 'number' ? 'number' : 'text'
}

/** Exclusive bounds are kept as they are; the server has the last word. */
const bound = (schema: ParamSchema, plain: 'minimum' | 'maximum', exclusive: string): number | undefined =>
  schema[plain] ?? (typeof schema[exclusive] === 'number' ? (schema[exclusive] as number) : undefined)

/** zod bounds every integer by the safe range; such a bound says nothing to people. */
const told = (value: number | undefined): number | undefined =>
  value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? undefined : value

export function fieldOf(key: string, described: ParamSchema): ParamField {
  const { schema, isNullable } = flatten(described)
  return {
    key,
    kind: kindOf(schema),
    title: schema.title ?? titleOfKey(key),
    help: schema.description ?? '',
    group: schema.group ?? 'Settings',
    isAdvanced: schema.advanced ?? false,
    unit: schema.unit ?? '',
    default: schema.default,
    options: schema.enum ?? [],
    minimum: told(bound(schema, 'minimum', 'exclusiveMinimum')),
    maximum: told(bound(schema, 'maximum', 'exclusiveMaximum')),
    isNullable,
  }
}

/** The form's fields under their headings, in the order of the schema. */
export function groupsOf(schema: ParamsSchema): ParamGroup[] {
  const groups = new Map<string, ParamField[]>()
  for (const [key, described] of Object.entries(schema.properties)) {
    const field = fieldOf(key, described)
    groups.set(field.group, [...(groups.get(field.group) ?? []), field])
  }
  return [...groups].map(([title, fields]) => ({ title, fields }))
}

export const defaultsOf = (schema: ParamsSchema): ParamValues =>
  Object.fromEntries(
    Object.entries(schema.properties).map(([key, described]) => [key, fieldOf(key, described).default]),
  )

/**
 * What the typed text stands for, or `undefined` when it is no value of this kind (the text stays in the field, with a
 * sentence under it). Empty means null where null is legal. A comma is read as a decimal point.
 */
export function parseParam(field: ParamField, text: string): ParamValue | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return field.isNullable ? null : undefined
  if (field.kind === 'text') return text
  const value = Number(trimmed.replace(',', '.'))
  if (!Number.isFinite(value)) return undefined
  return field.kind === 'integer' && !Number.isInteger(value) ? undefined : value
}

/** Why this text cannot be taken, in words; null when it can. Range is checked here so that it is told at once. */
export function problemOf(field: ParamField, text: string): string | null {
  const value = parseParam(field, text)
  if (value === undefined) return field.kind === 'integer' ? 'Give a whole number.' : 'Give a number.'
  if (typeof value !== 'number') return null
  const { minimum, maximum } = field
  if ((minimum !== undefined && value < minimum) || (maximum !== undefined && value > maximum)) {
    if (minimum === undefined) return `At most ${maximum}.`
    return maximum === undefined ? `At least ${minimum}.` : `Between ${minimum} and ${maximum}.`
  }
  return null
}

export const isDefault = (field: ParamField, value: ParamValue): boolean =>
  value === undefined || JSON.stringify(value) === JSON.stringify(field.default)
