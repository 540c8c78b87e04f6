const isNumber = (cell: string) => cell.trim() !== '' && Number.isFinite(Number(cell))

/**
 * One line of a CSV file (RFC 4180). What a spreadsheet would run as a formula gets a ' in front, as OWASP advises; numbers
 * stay as they are.
 */
export function csvLine(cells: readonly string[]): string {
  const written = cells.map((cell) => {
    const safe = /^[=+\-@\t\r]/.test(cell) && !isNumber(cell) ? `'${cell}` : cell
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  })
  return `${written.join(',')}\r\n`
}

/** `name`, or with a number where a column of that name is there already. */
export function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name
  for (let n = 2; ; n++) if (!taken.includes(`${name} ${n}`)) return `${name} ${n}`
}
