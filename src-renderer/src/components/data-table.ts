export interface Column<Row> {
  key: string
  title: string
  /** What the cell shows and sorts by; `row[key]` when left out. */
  value?: (row: Row) => unknown
  align?: 'left' | 'right'
  isSortable?: boolean
  /** A figure whose lowest is the best, so that it comes first. */
  isLowerBetter?: boolean
  /** Tailwind width class or nothing. */
  width?: string
  help?: string
}

export interface SortOrder {
  key: string
  isDescending: boolean
}

export const cellValue = <Row>(column: Column<Row>, row: Row): unknown =>
  column.value ? column.value(row) : (row as Record<string, unknown>)[column.key]

const isMissing = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === 'number' && Number.isNaN(value))

/** Numbers by size, everything else as text with numbers inside in their order; what is missing goes last both ways. */
export function sortRows<Row>(rows: Row[], columns: Column<Row>[], order: SortOrder | null): Row[] {
  const column = order && columns.find(({ key }) => key === order.key)
  if (!column) return rows
  const sign = order.isDescending ? -1 : 1
  return rows
    .map((row, index) => ({ row, index, value: cellValue(column, row) }))
    .sort((a, b) => {
      if (isMissing(a.value) || isMissing(b.value))
        return Number(isMissing(a.value)) - Number(isMissing(b.value)) || a.index - b.index
      const difference =
        typeof a.value === 'number' && typeof b.value === 'number'
          ? a.value - b.value
          : String(a.value).localeCompare(String(b.value), 'en', { numeric: true })
      return sign * difference || a.index - b.index
    })
    .map(({ row }) => row)
}

/** First click: ascending (text) or descending (figures); second: the other way; third: as given. */
export function nextOrder(order: SortOrder | null, key: string, startsDescending: boolean): SortOrder | null {
  if (order?.key !== key) return { key, isDescending: startsDescending }
  return order.isDescending === startsDescending ? { key, isDescending: !startsDescending } : null
}
