import { z } from 'zod'
import type { ParamSchema, ParamsSchema } from '@shared/descriptor'
import { WorkbenchError } from '@shared/errors'
import type { Modality, Task } from '@shared/schemas/dataset'
import type { Params } from '@shared/schemas/run'

/** A plug-in's knobs: a zod object whose every key has a default and `.meta({title, description, group})`. */
export type ParamsObject = z.ZodObject<Record<string, z.ZodType>>

/** The form in JSON Schema, with the extra keys of `.meta()`. */
export function describeParams(schema: z.ZodType): ParamsSchema {
  const { properties } = z.toJSONSchema(schema, { io: 'input' }) as { properties?: Record<string, ParamSchema> }
  const tidy = (knob: ParamSchema) => withoutHugeBounds(withoutTypeLists(knob))
  return { properties: Object.fromEntries(Object.entries(properties ?? {}).map(([k, v]) => [k, tidy(v)])) }
}

/** zod writes a nullable knob without bounds as a list of types, any other one as `anyOf`; a form reads the latter. */
function withoutTypeLists(knob: ParamSchema): ParamSchema {
  const { type, ...rest } = knob as Omit<ParamSchema, 'type'> & { type?: string | string[] }
  if (!Array.isArray(type)) return knob
  return { ...rest, anyOf: type.map((each) => ({ type: each })) } as ParamSchema
}

/** zod writes an integer's bounds even where none were given; a form should not show ±9007199254740991. */
function withoutHugeBounds(knob: ParamSchema): ParamSchema {
  const { minimum, maximum, ...rest } = knob
  return {
    ...rest,
    ...(minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER && { minimum }),
    ...(maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && { maximum }),
  }
}

/** Turns what `--set key=value` brings into what the knob is: '0.01' into 0.01, 'true' into true. */
function coerce(value: unknown, knob: ParamSchema): unknown {
  if (typeof value !== 'string') return value
  const text = value.trim()
  const variants = (knob as { anyOf?: ParamSchema[] }).anyOf ?? []
  if ((text === '' || text === 'null') && variants.some(({ type }) => type === 'null')) return null
  if (knob.type === 'boolean')
    return { true: true, yes: true, on: true, false: false, no: false, off: false }[text] ?? value
  if (knob.type !== 'number' && knob.type !== 'integer') return value
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : value
}

/**
 * Checks `raw` against a plug-in's knobs and fills in the defaults. Throws `invalid_input` that names an unknown key with
 * those that are known, or says of each wrong value what was expected.
 */
export function parseParams<P>(schema: z.ZodType<P>, raw: Params, owner: string): P {
  const { properties } = describeParams(schema)
  const unknown = Object.keys(raw).filter((key) => !Object.hasOwn(properties, key))
  if (unknown.length > 0)
    throw new WorkbenchError(
      'invalid_input',
      `${owner} has no setting "${unknown.join('", "')}". Known: ${Object.keys(properties).sort().join(', ') || 'none'}.`,
      { unknown, known: Object.keys(properties) },
    )
  const coerced = Object.fromEntries(Object.entries(raw).map(([key, value]) => [key, coerce(value, properties[key]!)]))
  const parsed = schema.safeParse(coerced)
  if (parsed.success) return parsed.data
  const reasons = parsed.error.issues.map((issue) => {
    const key = String(issue.path[0] ?? '')
    return `${key}: expected ${expectation(properties[key])}, got ${JSON.stringify(raw[key])}.`
  })
  throw new WorkbenchError('invalid_input', [...new Set(reasons)].join(' '), parsed.error.issues)
}

/** What a knob takes, in words: 'a whole number from 1 to 1000'. */
function expectation(knob: ParamSchema | undefined): string {
  if (!knob) return 'something else'
  if (knob.enum) return `one of ${knob.enum.join(', ')}`
  if (knob.type === 'boolean') return 'true or false'
  const { exclusiveMinimum, exclusiveMaximum } = knob as { exclusiveMinimum?: number; exclusiveMaximum?: number }
  const bounds = [
    knob.minimum !== undefined
      ? `from ${knob.minimum}`
      : exclusiveMinimum !== undefined
        ? `above ${exclusiveMinimum}`
        : '',
    knob.maximum !== undefined
      ? `to ${knob.maximum}`
      : exclusiveMaximum !== undefined
        ? `below ${exclusiveMaximum}`
        : '',
  ].filter(Boolean)
  const noun =
    knob.type === 'integer' ? 'a whole number' : knob.type === 'number' ? 'a number' : (knob.type ?? 'a value')
  return [noun, ...bounds].join(' ')
}

/** Knobs that mean something here: `.meta({modalities: ['image'], tasks: ['regression']})` limits one; others fit all. */
export function keysFor(schema: z.ZodType, modality: Modality, task: Task): string[] {
  const fits = (limit: unknown, own: string) => !Array.isArray(limit) || limit.includes(own)
  return Object.entries(describeParams(schema).properties)
    .filter(([, knob]) => fits(knob.modalities, modality) && fits(knob.tasks, task))
    .map(([key]) => key)
}
