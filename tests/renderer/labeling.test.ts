import { describe, expect, it } from 'vitest'
import { classOfKey, keyOfClass } from '@renderer/labeling/class-keys'
import { isFiltering, matchesLabels, noFilter, toSampleFilter } from '@renderer/labeling/label-filter'

const classes = (...names: string[]) => names.map((name, position) => ({ id: position + 7, name, position, count: 0 }))

describe('keys of classes', () => {
  it('are the place from 1 to 9', () => {
    const all = classes('cat', 'dog', ...'cdefghij')
    expect(keyOfClass(all[1]!, all)).toBe('2')
    expect(keyOfClass(all[9]!, all)).toBeNull()
    expect(classOfKey('1', all)?.name).toBe('cat')
    expect(classOfKey('0', all)).toBeUndefined()
  })

  it('are the digit itself where all classes are digits', () => {
    const digits = classes(...'0123456789')
    expect(classOfKey('7', digits)?.name).toBe('7')
    expect(classOfKey('0', digits)?.name).toBe('0')
    const mixed = classes('0', '1', 'other')
    expect(classOfKey('1', mixed)?.name).toBe('0')
  })
})

describe('filter of the label screen', () => {
  it('sends only what narrows', () => {
    expect(toSampleFilter(noFilter)).toEqual({})
    expect(isFiltering(noFilter)).toBe(false)
    expect(toSampleFilter({ ...noFilter, class: 'unlabelled', split: 'none', search: ' x ' })).toEqual({
      unlabelled: true,
      withoutSplit: true,
      search: 'x',
    })
    expect(toSampleFilter({ ...noFilter, class: 3, split: 'test', state: 'changed' })).toEqual({
      classIds: [3],
      splits: ['test'],
      state: 'changed',
    })
  })

  it('an order alone is no filter', () => {
    const sorted = { ...noFilter, sort: { field: 'age', descending: true } }
    expect(isFiltering(sorted)).toBe(false)
    expect(toSampleFilter(sorted)).toEqual({ sort: sorted.sort })
  })

  it('knows which samples an edit took out of it', () => {
    const unlabelled = { ...noFilter, class: 'unlabelled' as const }
    expect(matchesLabels(unlabelled, { classId: null, split: null })).toBe(true)
    expect(matchesLabels(unlabelled, { classId: 3, split: null })).toBe(false)
    expect(matchesLabels({ ...noFilter, split: 'none' }, { classId: 3, split: 'test' })).toBe(false)
    expect(matchesLabels({ ...noFilter, class: 3, split: 'test' }, { classId: 3, split: 'test' })).toBe(true)
  })
})
