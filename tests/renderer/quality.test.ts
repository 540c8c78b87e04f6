import { describe, expect, it } from 'vitest'
import { QualityKind } from '@shared/schemas/quality'
import { galleryIds, qualityTitles } from '@renderer/dataset/quality-words'

describe('the list of what is wrong with the data', () => {
  it('has a title of its own for every kind', () => {
    const titles = QualityKind.options.map((kind) => qualityTitles[kind])
    expect(titles.every(Boolean)).toBe(true)
    expect(new Set(titles).size).toBe(titles.length)
  })

  it('asks the Label screen for each sample once, the worst first, and no more than a link takes', () => {
    const suspicions = [[5, 9], [9, 2], [7]].map((sampleIds) => ({ sampleIds, why: '' }))
    expect(galleryIds({ suspicions })).toEqual([5, 9, 2, 7])
    const many = Array.from({ length: 900 }, (_, id) => ({ sampleIds: [id], why: '' }))
    expect(galleryIds({ suspicions: many })).toHaveLength(500)
  })
})
