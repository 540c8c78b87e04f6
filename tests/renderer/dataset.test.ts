import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countBins, defaultLabels, histogram, parseCuts } from '@renderer/dataset/bins'
import { withShare } from '@renderer/dataset/split-shares'
import { emptyChoices, seenValues, specOf, targetProblem, whatIsMissing } from '@renderer/importing/import-choices'
import { placeCard } from '@renderer/tour/place-card'
import type { Inspection } from '@shared/schemas/dataset'

describe('bins of a derived column', () => {
  it('reads cut points and says what is wrong with them', () => {
    expect(parseCuts('25')).toEqual([25])
    expect(parseCuts('25, 40;60')).toEqual([25, 40, 60])
    expect(parseCuts('')).toMatch('at least one')
    expect(parseCuts('25, old')).toMatch('“old”')
    expect(parseCuts('40, 25')).toMatch('go up')
  })

  it('a value on a cut belongs above it, as on the main side', () => {
    expect(countBins([24.9, 25, 60, null, 'x', true], [25])).toEqual({ counts: [1, 2], missing: 3 })
    expect(defaultLabels([25, 60])).toEqual(['under 25', '25 to 60', '60 and over'])
  })

  it('a histogram counts every number once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { minLength: 1 }),
        (values) => {
          const counts = histogram([...values, null, 'text'], 8)
          expect(counts).toHaveLength(8)
          expect(counts.reduce((a, b) => a + b, 0)).toBe(values.length)
        },
      ),
    )
    expect(histogram([null], 8)).toEqual([])
  })
})

describe('shares of a split', () => {
  it('always sum to 100 and keep the one that was set', () => {
    const share = fc.integer({ min: -20, max: 120 })
    const name = fc.constantFrom('train' as const, 'validation' as const, 'test' as const)
    fc.assert(
      fc.property(fc.array(fc.tuple(name, share)), (changes) => {
        let now = { train: 70, validation: 10, test: 20 }
        for (const [changed, percent] of changes) {
          now = withShare(now, changed, percent)
          expect(now[changed]).toBe(Math.max(0, Math.min(100, percent)))
          expect(now.train + now.validation + now.test).toBe(100)
          expect(Math.min(now.train, now.validation, now.test)).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })
})

const inspection: Inspection = {
  modality: 'table',
  choices: ['table', 'image'],
  suggestedName: 'people',
  sampleCount: 3,
  classes: [],
  splits: [],
  fields: [
    { name: 'age', kind: 'number', missing: 0, distinct: 3, examples: [30, 40] },
    { name: 'risk', kind: 'category', missing: 0, distinct: 2, examples: ['good'] },
    { name: 'one', kind: 'category', missing: 0, distinct: 1, examples: ['x'] },
  ],
  head: [
    { age: 30, risk: 'good', one: 'x' },
    { age: 40, risk: 'bad', one: 'x' },
  ],
  suggestedTarget: 'risk',
  notes: [],
  skipped: [],
}

describe('choices of an import', () => {
  it('never guesses the favourable outcome', () => {
    const choices = emptyChoices(inspection)
    expect(choices.target).toBe('risk')
    expect(choices.positive).toBeNull()
    expect(specOf(choices, ['/p.csv'], inspection, 't')).toEqual({
      paths: ['/p.csv'],
      name: 'people',
      modality: 'table',
      add: false,
      taskId: 't',
      kinds: {},
      sensitive: [],
      target: 'risk',
    })
  })

  it('sends only kinds that were corrected, and nothing of a table for pictures', () => {
    const choices = {
      ...emptyChoices(inspection),
      kinds: { age: 'category' as const, risk: 'category' as const },
      positive: 'good',
    }
    expect(specOf(choices, ['/p.csv'], inspection, 't')).toMatchObject({ kinds: { age: 'category' }, positive: 'good' })
    const pictures = specOf(choices, ['/p'], { ...inspection, modality: 'image' }, 't')
    expect(Object.keys(pictures)).toEqual(['paths', 'name', 'modality', 'add', 'taskId'])
  })

  it('offers every value that was seen and tells poor targets', () => {
    expect(seenValues(inspection, 'risk')).toEqual(['good', 'bad'])
    expect(targetProblem(inspection, emptyChoices(inspection))).toBeNull()
    expect(targetProblem(inspection, { ...emptyChoices(inspection), target: 'one' })).toMatch('same value')
    expect(whatIsMissing({ ...emptyChoices(inspection), name: ' ' })).toMatch('name')
  })
})

describe('where the card of the tour goes', () => {
  const window = { width: 1280, height: 800 }
  const card = { width: 340, height: 180 }
  it('is inside the window wherever it points', () => {
    const box = fc.record({ left: fc.nat(1280), top: fc.nat(800), width: fc.nat(1280), height: fc.nat(800) })
    fc.assert(
      fc.property(fc.option(box), (target) => {
        const { left, top } = placeCard(target, card, window)
        expect(left).toBeGreaterThanOrEqual(0)
        expect(top).toBeGreaterThanOrEqual(0)
        expect(left + card.width).toBeLessThanOrEqual(window.width)
        expect(top + card.height).toBeLessThanOrEqual(window.height)
      }),
    )
  })
  it('is beside a small target, not on it', () => {
    expect(placeCard({ left: 10, top: 100, width: 200, height: 30 }, card, window).left).toBeGreaterThan(210)
  })
})
