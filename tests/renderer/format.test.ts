import { describe, expect, it } from 'vitest'
import * as f from '@renderer/format'

const thin = '\u202f'

describe('figures as people read them', () => {
  it('groups thousands from four digits on and rounds counts', () => {
    expect(f.formatCount(999)).toBe('999')
    expect(f.formatCount(1000)).toBe(`1${thin}000`)
    expect(f.formatCount(1234567.8)).toBe(`1${thin}234${thin}568`)
    expect(f.formatCount(-1234)).toBe(`−1${thin}234`)
  })

  it('shows what is undefined as a dash, never as 0 or NaN', () => {
    for (const write of [
      f.formatCount,
      f.formatPercent,
      f.formatNumber,
      f.formatSigned,
      f.formatDuration,
      f.formatBytes,
    ])
      for (const value of [null, undefined, NaN, Infinity]) expect(write(value)).toBe(f.none)
    expect(f.formatRate(null, 'samples')).toBe(f.none)
    expect(f.formatValue(null)).toBe(f.none)
  })

  it('writes rates as percentages', () => {
    expect(f.formatPercent(0.98765)).toBe(`98.8${thin}%`)
    expect(f.formatPercent(1, 0)).toBe(`100${thin}%`)
    expect(f.formatPercent(-0.05)).toBe(`−5.0${thin}%`)
  })

  it('keeps significant digits and drops zeros at the end', () => {
    expect(f.formatNumber(0.000123456)).toBe('0.0001235')
    expect(f.formatNumber(0.5)).toBe('0.5')
    expect(f.formatNumber(1e-9)).toBe('1e−9')
    expect(f.formatNumber(0)).toBe('0')
    expect(f.formatNumber(60000)).toBe(`60${thin}000`)
    expect(f.formatNumber(3.14159, 3)).toBe('3.14')
    expect(f.formatNumber(12345.678, 7)).toBe(`12${thin}345.68`)
  })

  it('puts a sign in front of differences, but not in front of nothing', () => {
    expect(f.formatSigned(0.032)).toBe('+0.032')
    expect(f.formatSigned(-0.12855)).toBe('−0.129')
    expect(f.formatSigned(-0.0001)).toBe('0.000')
  })

  it('writes durations with at most two units', () => {
    expect(f.formatDuration(420)).toBe('420 ms')
    expect(f.formatDuration(4200)).toBe('4.2 s')
    expect(f.formatDuration(59_600)).toBe('1 min')
    expect(f.formatDuration(83_000)).toBe('1 min 23 s')
    expect(f.formatDuration(7_384_000)).toBe('2 h 3 min')
    expect(f.formatDuration(50 * 3_600_000)).toBe('2 days 2 h')
  })

  it('writes an estimated time without digits that nobody knows', () => {
    const roughly = (seconds: number) => f.formatRoughly(1000 * seconds)
    expect([0.3, 4, 13, 33, 58, 95, 1500, 4000, 9000].map(roughly)).toEqual([
      '5 s',
      '5 s',
      '15 s',
      '30 s',
      '1 min',
      '2 min',
      '25 min',
      '1 h 10 min',
      '3 h',
    ])
  })

  it('writes bytes in decimal units', () => {
    expect(f.formatBytes(0)).toBe('0 bytes')
    expect(f.formatBytes(1)).toBe('1 byte')
    expect(f.formatBytes(1536)).toBe('1.5 kB')
    expect(f.formatBytes(999_600)).toBe('1.0 MB')
    expect(f.formatBytes(6_145_024)).toBe('6.1 MB')
  })

  it('says when in words that need no calendar', () => {
    const now = new Date('2026-11-22T15:00:00').getTime()
    expect(f.formatWhen(now - 10_000, now)).toBe('just now')
    expect(f.formatWhen(now - 4 * 60_000, now)).toBe('4 min ago')
    expect(f.formatWhen(now - 5 * 3_600_000, now)).toBe('today, 10:00')
    expect(f.formatWhen(now - 24 * 3_600_000, now)).toBe('yesterday, 15:00')
    expect(f.formatWhen(now - 10 * 24 * 3_600_000, now)).toBe('12 Nov 2026, 15:00')
  })
})
