import { describe, expect, test } from 'vitest'
import { encodeInputs, fitEncoding } from '@main/ml/encode/encoding'
import { columnsByField, encodeRows, fitTable, tableBaseline } from '@main/ml/encode/table'
import { familyNamed, resolveParams, type SettingsContext } from '@main/ml/settings'
import { toyTable } from './toy'

const fields = [
  { name: 'age', kind: 'number' as const },
  { name: 'job', kind: 'category' as const },
  { name: 'since', kind: 'date' as const },
]
const rows = [
  [20, 'cook', '2026-01-01'],
  [40, 'cook', '2026-01-03'],
  [null, 'smith', '2026-01-05'],
  [30, null, '2026-01-07'],
]
const encoding = fitTable(fields, rows)

describe('encoding of tables', () => {
  test('each field has its columns', () => {
    expect(encoding.columns.map(({ name }) => name)).toEqual([
      'age',
      'age is missing',
      'job = cook',
      'job = (missing)',
      'job = smith',
      'since',
    ])
    expect(columnsByField(encoding)[1]).toEqual({ name: 'job', columns: [2, 3, 4] })
  })

  test('numbers are standardised with the training mean, missing ones are the training median and say so', () => {
    const encoded = encodeRows(encoding, [
      [30, 'cook', '2026-01-04'],
      [null, 'cook', '2026-01-04'],
    ])
    // Filled ages 20, 40, 30, 30: mean 30, deviation sqrt(50).
    expect(encoded[0]).toBeCloseTo(0, 6)
    expect([encoded[6], encoded[7]]).toEqual([0, 1])
    expect(encodeRows(encoding, [[40, null, null]])[0]).toBeCloseTo(10 / Math.sqrt(50), 6)
  })

  test('dates count days', () => {
    // Days 0, 2, 4, 6 after the first: mean 3, deviation sqrt(5).
    expect(encodeRows(encoding, [[30, 'cook', '2026-01-06']])[5]).toBeCloseTo(2 / Math.sqrt(5), 5)
  })

  test('a value never seen in training is all zero', () => {
    expect([...encodeRows(encoding, [[30, 'pilot', null]]).slice(2, 5)]).toEqual([0, 0, 0])
  })

  test('the baseline is the training mean and the most frequent value', () => {
    expect([...tableBaseline(encoding)]).toEqual([0, 0, 1, 0, 0, 0])
  })

  test('only labelled training rows are looked at', async () => {
    const snapshot = toyTable()
    const params = resolveParams(familyNamed('mlp'), {}, undefined, {
      modality: 'table',
      sampleCount: 1,
      inputShape: [],
      classCount: 2,
    })
    const before = await fitEncoding(snapshot, params)
    for (const sample of snapshot.samples) if (sample.split !== 'train') sample.values = [1e6, 1e6, 'other', true]
    snapshot.samples.push({ id: 999, values: [1e6, 0, 'other', true], target: null, split: 'train' })
    expect(await fitEncoding(snapshot, params)).toEqual(before)
  })

  test('sensitive fields can be left out', async () => {
    const context: SettingsContext = { modality: 'table', sampleCount: 1, inputShape: [], classCount: 2 }
    const params = resolveParams(familyNamed('mlp'), { excludeSensitive: true }, undefined, context)
    const fitted = await fitEncoding(toyTable(), params)
    expect(fitted.kind === 'table' && fitted.fields.map(({ field }) => field)).toEqual(['x', 'y', 'colour'])
  })

  test('a row that lacks a column is refused by name', async () => {
    await expect(encodeInputs(encoding, [{ values: { age: 1, job: 'cook' } }])).rejects.toThrow(
      /Row 1 lacks the column "since"/,
    )
  })
})
