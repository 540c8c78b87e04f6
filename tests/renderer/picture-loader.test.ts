import { describe, expect, it, vi } from 'vitest'
import { createPictureLoader, nearest } from '@renderer/labeling/picture-loader'

/** A server that answers when told to. */
function slowServer() {
  const asked: { ids: number[]; answer: (found?: (string | null)[]) => Promise<void> }[] = []
  const load = (ids: number[]) =>
    new Promise<(string | null)[]>((resolve) =>
      asked.push({
        ids,
        answer: async (found = ids.map((id) => `p${id}`)) => {
          resolve(found)
          await vi.waitFor(() => expect(asked).toBeDefined())
          await new Promise((done) => setTimeout(done))
        },
      }),
    )
  return { asked, load }
}
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

describe('pictures of the gallery', () => {
  it('come in the order in which they are wanted now; what was scrolled past is not asked for', async () => {
    const { asked, load } = slowServer()
    const { pictures, want } = createPictureLoader({ load })
    want(range(0, 200))
    expect(asked.map(({ ids }) => ids)).toEqual([range(0, 16), range(16, 32), range(32, 48)])
    want(range(1000, 1200))
    await asked[0]!.answer()
    expect(pictures.get(3)).toBe('p3')
    expect(asked[3]!.ids[0]).toBe(1000)
    expect(asked.flatMap(({ ids }) => ids)).not.toContain(60)
  })

  it('are asked for once', async () => {
    const { asked, load } = slowServer()
    const { want } = createPictureLoader({ load })
    want(range(0, 16))
    want(range(0, 20))
    await asked[0]!.answer()
    want(range(0, 20))
    expect(asked.map(({ ids }) => ids)).toEqual([range(0, 16), range(16, 20)])
  })

  it('that cannot be read are null, and are tried again when everything is', async () => {
    const { asked, load } = slowServer()
    const { pictures, want, reset } = createPictureLoader({ load })
    want([1, 2])
    await asked[0]!.answer(['p1', null])
    expect([pictures.get(1), pictures.get(2), pictures.get(3)]).toEqual(['p1', null, undefined])
    reset()
    expect(pictures.size).toBe(0)
    expect(asked[1]!.ids).toEqual([1, 2])
  })

  it('are held up to a limit, those in view always', async () => {
    const loader = createPictureLoader({ load: async (ids) => ids.map(String), kept: 100 })
    loader.want(range(0, 90))
    await vi.waitFor(() => expect(loader.pictures.size).toBe(90))
    loader.want(range(85, 135))
    await vi.waitFor(() => expect(loader.pictures.has(134)).toBe(true))
    expect(loader.pictures.size).toBeLessThanOrEqual(100)
    for (const id of range(85, 135)) expect(loader.pictures.has(id)).toBe(true)
  })
})

describe('what lies nearest', () => {
  it('the range itself, then two in the direction of the scroll for one behind', () => {
    expect(nearest({ first: 10, last: 12 }, 100, 6)).toEqual([10, 11, 12, 13, 14, 9, 15, 16, 8])
    expect(nearest({ first: 10, last: 12 }, 100, 3, true)).toEqual([10, 11, 12, 9, 8, 13])
  })
  it('stays within what there is', () => {
    expect(nearest({ first: -7, last: 1 }, 4, 50)).toEqual([0, 1, 2, 3])
    expect(nearest({ first: 3, last: 12 }, 5, 50)).toEqual([3, 4, 2, 1, 0])
    expect(nearest({ first: 0, last: 9 }, 0, 50)).toEqual([])
  })
})
