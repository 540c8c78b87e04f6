import type { ClassInfo } from '@shared/schemas/dataset'

const isDigit = (name: string): boolean => /^\d$/.test(name)

/** Classes that are themselves digits have their own key: on a picture of a 7, one presses 7. */
const areDigits = (classes: readonly ClassInfo[]): boolean =>
  classes.length > 0 && classes.every(({ name }) => isDigit(name))

/** The digit key that gives this class: its own digit, else its place from 1 to 9; null without one. */
export function keyOfClass(one: ClassInfo, classes: readonly ClassInfo[]): string | null {
  if (areDigits(classes)) return one.name
  return one.position < 9 ? String(one.position + 1) : null
}

/** The class that a digit key gives; undefined when no class has it. */
export const classOfKey = (key: string, classes: readonly ClassInfo[]): ClassInfo | undefined =>
  classes.find((one) => keyOfClass(one, classes) === key)
