import type { TableFormat } from './tables/define'

const modules = import.meta.glob<{ default: TableFormat }>(['./tables/*.ts', '!./tables/define.ts'], { eager: true })

/** Every file format that a table can come in, found by its folder. */
export const tableFormats: readonly TableFormat[] = Object.values(modules)
  .map((module) => module.default)
  .sort((a, b) => a.id.localeCompare(b.id))
