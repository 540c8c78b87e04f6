import type { FieldValue } from '@shared/schemas/dataset'

/** Values by field out of an address; what is no such thing changes nothing. */
export function parseChanges(text: string): Record<string, FieldValue> {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return {}
    return Object.fromEntries(Object.entries(parsed).filter(([, value]) => isValue(value)))
  } catch {
    return {}
  }
}

const isValue = (value: unknown): value is FieldValue =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value)
