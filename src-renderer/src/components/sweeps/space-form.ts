import type { Dimension } from '@shared/schemas/sweep'
import { parseParam, type ParamField, type ParamValue } from '../params-form'

/** How one setting is varied, as it is typed. */
export interface Variation {
  /** Numbers: the ends of the range. */
  low: string
  high: string
  isLog: boolean
  /** Choices: those ticked, as text. */
  picked: string[]
}

/** Never varied: the number of seeds is asked for by itself. */
const fixed = new Set(['seed'])
/** Ticked when the dialog opens. */
const suggested = new Set(['learningRate', 'dropout'])
/** Their size matters by orders of magnitude. */
const logarithmic = new Set(['learningRate', 'l1', 'l2', 'weightDecay'])

export const canVary = ({ key, kind }: ParamField): boolean => !fixed.has(key) && kind !== 'text'
export const isSuggested = ({ key }: ParamField): boolean => suggested.has(key)

/** Where to begin: around the present value, within what the setting may be. */
export function firstVariation(field: ParamField, value: ParamValue): Variation {
  const picked = optionsOf(field).map(String)
  if (field.kind !== 'integer' && field.kind !== 'number') return { low: '', high: '', isLog: false, picked }
  const [low, high] = rangeAround(field, Number(value))
  return { low: String(low), high: String(high), isLog: logarithmic.has(field.key), picked: [] }
}

export const optionsOf = (field: ParamField): unknown[] => (field.kind === 'boolean' ? [false, true] : field.options)

function rangeAround(field: ParamField, value: number): [number, number] {
  if (field.key === 'dropout') return [0, 0.5]
  if (field.key === 'learningRate') return [tidy(value / 10), tidy(value * 10)]
  if (logarithmic.has(field.key)) return [1e-5, 1e-2]
  const low = Math.max(field.minimum ?? -Infinity, value / 2)
  const high = Math.min(field.maximum ?? Infinity, value === 0 ? 1 : value * 2)
  return field.kind === 'integer' ? [Math.floor(low), Math.max(Math.floor(low) + 1, Math.ceil(high))] : [low, high]
}

const tidy = (value: number) => Number(value.toPrecision(2))

/** What is asked for, or in words why it cannot be. */
export function dimensionOf(field: ParamField, typed: Variation): Dimension | string {
  if (field.kind === 'enum' || field.kind === 'boolean') {
    const values = optionsOf(field).filter((option) => typed.picked.includes(String(option)))
    return values.length > 1 ? { kind: 'choice', values } : 'Tick at least two.'
  }
  const [low, high] = [parseParam(field, typed.low), parseParam(field, typed.high)]
  if (typeof low !== 'number' || typeof high !== 'number')
    return field.kind === 'integer' ? 'Give two whole numbers.' : 'Give two numbers.'
  const { minimum = -Infinity, maximum = Infinity } = field
  if (low < minimum || high > maximum) return `Stay between ${minimum} and ${maximum}.`
  if (!(low < high)) return 'The first must be smaller than the second.'
  if (typed.isLog && low <= 0) return 'Steps by magnitude begin above 0.'
  return {
    kind: 'range',
    low,
    high,
    scale: typed.isLog ? 'log' : 'linear',
    integer: field.kind === 'integer',
    steps: 3,
  }
}

/** How many configurations a grid has. */
export const gridSize = (space: Record<string, Dimension>): number =>
  Object.values(space).reduce((product, dimension) => product * levelCount(dimension), 1)

function levelCount(dimension: Dimension): number {
  if (dimension.kind === 'choice') return dimension.values.length
  const whole = dimension.integer ? Math.floor(dimension.high) - Math.ceil(dimension.low) + 1 : Infinity
  return Math.min(dimension.steps, whole)
}
