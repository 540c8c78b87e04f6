import type { FieldKind, Task } from '@shared/schemas/dataset'

/** Kinds of columns in the order of a menu. */
export const kindItems: { label: string; value: FieldKind; icon: string }[] = [
  { label: 'number', value: 'number', icon: 'i-lucide-hash' },
  { label: 'category', value: 'category', icon: 'i-lucide-shapes' },
  { label: 'yes / no', value: 'boolean', icon: 'i-lucide-toggle-left' },
  { label: 'text', value: 'text', icon: 'i-lucide-text' },
  { label: 'date', value: 'date', icon: 'i-lucide-calendar' },
  { label: 'id', value: 'id', icon: 'i-lucide-fingerprint' },
]
export const kindIcon = (kind: FieldKind): string => kindItems.find(({ value }) => value === kind)!.icon
export const kindLabel = (kind: FieldKind): string => kindItems.find(({ value }) => value === kind)!.label

/** What a target of numbers may be taken for. */
export const taskItems: { label: string; value: Task }[] = [
  { label: 'a number', value: 'regression' },
  { label: 'classes', value: 'classification' },
]
