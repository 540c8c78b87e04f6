import type { ProfiledColumn } from '../column-profile'

/** Which column of a table is what, where its rows are series or steps of series. */
export interface Roles {
  /** Columns with values, by channel. */
  channels: { name: string; columns: number[] }[]
  label: number | null
  split: number | null
  name: number | null
  /** Whether the columns' names count the steps. */
  isCounted: boolean
}

const labelName = /^(label|labels|class|classes|target|y|category|activity|species|diagnosis|outcome|event|speaker)$/i
const splitName = /^(split|set|subset|fold|partition)$/i
const nameName =
  /^(id|name|series|series[_ ]?id|case|case[_ ]?id|sample|sample[_ ]?id|recording|subject|unit|instance|uid)$/i
const timeName =
  /^(t|time|times|timestamp|time[_ ]?(stamp|s|ms|step)|step|timestep|date|datetime|tick|frame|seconds|ms|reading[_ ]?id)$/i

type Column = Pick<ProfiledColumn, 'name' | 'kind' | 'isNumeric' | 'distinct' | 'missing'>

const isNumber = ({ kind, isNumeric }: Column) => kind === 'number' || (isNumeric && kind !== 'text')
const find = (columns: Column[], name: RegExp) => {
  const at = columns.findIndex((column) => name.test(column.name))
  return at < 0 ? null : at
}

/** A row is a series: the columns that count up are its steps, by channel (x_0, x_1 … y_0, y_1 …) or of one. */
export function wideRoles(columns: Column[]): Roles | null {
  const split = find(columns, splitName)
  const name = find(columns, nameName)
  const label = labelOf(columns, [split, name])
  const rest = [...columns.keys()].filter((at) => at !== split && at !== name && at !== label)
  const values = rest.filter((at) => isNumber(columns[at]!))
  if (values.length < 2) return null
  const counted = countedChannels(values.map((at) => ({ at, name: columns[at]!.name })))
  return { channels: counted ?? [{ name: 'value', columns: values }], label, split, name, isCounted: counted !== null }
}

/** A row is a step: some columns are channels, one names the series, one may be the time. */
export function longRoles(columns: Column[]): (Roles & { time: number | null }) | null {
  const name = find(columns, nameName)
  const time = find(columns, timeName)
  if (name === null) return null
  const split = find(columns, splitName)
  const label = labelOf(columns, [split, name, time])
  const taken = [split, name, time, label]
  const values = [...columns.keys()].filter((at) => !taken.includes(at) && isNumber(columns[at]!))
  if (values.length === 0) return null
  return {
    channels: values.map((at) => ({ name: columns[at]!.name, columns: [at] })),
    label,
    split,
    name,
    time,
    isCounted: false,
  }
}

/** A file is a series: every column of numbers but the time is a channel. */
export function recordingRoles(columns: Column[]): { channels: number[]; time: number | null } {
  const time = find(columns, timeName)
  return { time, channels: [...columns.keys()].filter((at) => at !== time && isNumber(columns[at]!)) }
}

/** The column named like a label, else the only one of words, else a first one of few whole numbers. */
function labelOf(columns: Column[], taken: (number | null)[]): number | null {
  const free = [...columns.keys()].filter((at) => !taken.includes(at))
  const named = free.filter((at) => labelName.test(columns[at]!.name)).at(-1)
  if (named !== undefined) return named
  const words = free.filter((at) => ['category', 'boolean'].includes(columns[at]!.kind) && !columns[at]!.isNumeric)
  if (words.length > 0) return words.at(-1)!
  return null
}

/** `x_0, x_1 … y_0, y_1 …` as two channels, `t0 … t23` as one; null where the names do not count up alike. */
export function countedChannels(columns: { at: number; name: string }[]): { name: string; columns: number[] }[] | null {
  const groups = new Map<string, { at: number; index: number }[]>()
  for (const { at, name } of columns) {
    const [, stem, digits] = /^(.*?)[ _.-]?(\d+)$/.exec(name) ?? []
    if (digits === undefined) return null
    const group = groups.get(stem!) ?? []
    group.push({ at, index: Number(digits) })
    groups.set(stem!, group)
  }
  const all = [...groups]
  const length = all[0]?.[1].length ?? 0
  const isEven = all.every(
    ([, group]) =>
      group.length === length && group.every(({ index }, i) => i === 0 || index === group[i - 1]!.index + 1),
  )
  if (!isEven || length < 2) return null
  return all.map(([stem, group]) => ({ name: stem || 'value', columns: group.map(({ at }) => at) }))
}

const fewestSteps = 16
const stepStem = /^(t|time|step|timestep|value|val|v|tick|day|hour|week|month|minute|second|s|att|)$/i

/** Whether names alone tell that rows are series, so that a table is read as such without being asked to. */
export function namesTellSeries(names: string[]): boolean {
  const others = names.filter((name) => !/\d$/.test(name))
  if (others.length > 4) return isLongByName(names)
  const counted = countedChannels(names.flatMap((name, at) => (/\d$/.test(name) ? [{ at, name }] : [])))
  if (!counted || counted[0]!.columns.length < fewestSteps) return isLongByName(names)
  return counted.length > 1 || stepStem.test(counted[0]!.name === 'value' ? '' : counted[0]!.name)
}

const isLongByName = (names: string[]) =>
  names.length >= 3 &&
  names.some((name) => nameName.test(name)) &&
  names.some((name) => timeName.test(name)) &&
  names.some((name) => labelName.test(name))
