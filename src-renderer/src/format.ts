/** Numbers as people read them. A thin no-break space groups thousands; "–" stands for what is not defined. */
export const none = '–'
const thin = '\u202f'

const group = (digits: string): string => digits.replace(/\B(?=(\d{3})+(?!\d))/g, thin)

/** 12345 → "12 345". */
export function formatCount(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none
  const rounded = Math.round(value)
  return (rounded < 0 ? '−' : '') + group(String(Math.abs(rounded)))
}

/** "1 class", "3 classes". */
export const formatCounted = (value: number, one: string, many = `${one}s`): string =>
  `${formatCount(value)} ${value === 1 ? one : many}`

/** A rate in 0-1 as a percentage: 0.9876 → "98.8 %". */
export function formatPercent(value: number | null | undefined, digits = 1): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none
  return `${(value * 100).toFixed(digits).replace('-', '−')}${thin}%`
}

/** Up to `digits` significant digits, without a tail of zeros: 0.000123456 → "0.0001235", 1e-9 → "1e−9". */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size >= 10 ** Math.max(digits, 4) && Number.isInteger(value)) return formatCount(value)
  if (size < 1e-4 || size >= 1e9) {
    const [mantissa, exponent] = value.toExponential(Math.min(digits - 1, 2)).split('e')
    return `${Number(mantissa)}e${Number(exponent)}`.replace(/-/g, '−')
  }
  const [whole = '', fraction] = String(Number(value.toPrecision(digits))).split('.')
  return (group(whole) + (fraction ? `.${fraction}` : '')).replace('-', '−')
}

/** With a sign in front, for differences: "+0.032", "−0.129". */
export function formatSigned(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return none
  const text = Math.abs(value).toFixed(digits)
  if (Number(text) === 0) return text
  return (value < 0 ? '−' : '+') + text
}

/** 83000 → "1 min 23 s"; 420 → "420 ms"; 7 384 000 → "2 h 3 min". */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return none
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} days ${hours % 24} h`
}

/** A time that is only estimated, without digits that nobody knows: 13 s → "15 s", 83 s → "1 min", 2 h 3 min → "2 h". */
export function formatRoughly(ms: number): string {
  const seconds = ms / 1000
  const step = [5, 10, 60, 600, 3600][
    seconds < 20 ? 0 : seconds < 55 ? 1 : seconds < 1800 ? 2 : seconds < 7200 ? 3 : 4
  ]!
  return formatDuration(1000 * step * Math.max(1, Math.round(seconds / step))).replace('.0', '')
}

/** 1536 → "1.5 kB" (decimal units, as disks are sold and shown). */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return none
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes / 1000
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

/** 1234.5, 'samples' → "1 235 samples/s". */
export function formatRate(perSecond: number | null | undefined, unit = ''): string {
  if (perSecond === null || perSecond === undefined || !Number.isFinite(perSecond)) return none
  const figure = perSecond < 10 ? formatNumber(perSecond, 2) : formatCount(perSecond)
  return unit ? `${figure} ${unit}/s` : `${figure}/s`
}

/** "just now", "4 min ago", "yesterday, 14:03", "12 Mar 2026, 09:10". */
export function formatWhen(at: number | null | undefined, now = Date.now()): string {
  if (at === null || at === undefined) return none
  const seconds = (now - at) / 1000
  if (seconds < 45) return 'just now'
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`
  const date = new Date(at)
  const time = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  const days = Math.floor((startOfDay(now) - startOfDay(at)) / 86_400_000 + 0.5)
  if (days === 0) return `today, ${time}`
  if (days === 1) return `yesterday, ${time}`
  return `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })}, ${time}`
}

const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0)

/** A cell of a table: `null` shows as missing, booleans as yes and no. */
export function formatValue(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined || value === '') return none
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'number' ? formatNumber(value, 6) : value
}

/** The words with a capital first letter, as at the head of a sentence. */
export const titled = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)
