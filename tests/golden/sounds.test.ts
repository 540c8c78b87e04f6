import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { UnreadableClip } from '@main/ml/audio/clip'
import { decodeSound } from '@main/ml/audio/decode'
import golden from './data/sounds.json'

const forms = ['FLAC', 'MP3', 'Ogg Vorbis', 'Ogg Opus'] as const
const bytesOf = (form: (typeof forms)[number]) => Buffer.from(golden[form].file, 'base64')

describe('compressed sound', () => {
  // MP3 and Ogg are lossy and their decoders round differently; of 16 bits the largest is 32 767 or 32 768.
  it.each([
    ['FLAC', 2e-5],
    ['MP3', 1e-3],
    ['Ogg Vorbis', 1e-3],
    ['Ogg Opus', 1e-3],
  ] as const)('%s decodes to what libsndfile gives', async (form, most) => {
    const { sampleRate, channels, frames, everyEighth } = golden[form]
    // Twice: the decoder is used again.
    for (let time = 0; time < 2; time++) {
      const clip = await decodeSound(bytesOf(form))
      expect(clip).toMatchObject({ sampleRate, channels })
      expect(clip.samples.length).toBe(frames)
      const difference = everyEighth.map((value, i) => Math.abs(value - clip.samples[8 * i]!))
      expect(Math.max(...difference)).toBeLessThan(most)
    }
  })

  it('of files that are damaged says so, or gives what is left', async () => {
    const damaged = fc.record({
      form: fc.constantFrom(...forms),
      cut: fc.double({ min: 0, max: 1, noNaN: true }),
      changes: fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { maxLength: 20 }),
    })
    await fc.assert(
      fc.asyncProperty(damaged, async ({ form, cut, changes }) => {
        const bytes = Buffer.from(bytesOf(form))
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        const part = bytes.subarray(0, Math.ceil(cut * bytes.length))
        const clip = await decodeSound(part).catch((error: unknown) => error)
        if (clip instanceof Error) {
          expect(clip).toBeInstanceOf(UnreadableClip)
          return
        }
        const { samples } = clip as { samples: Float32Array }
        expect(samples.length).toBeGreaterThan(0)
        expect(samples.every((value) => Number.isFinite(value))).toBe(true)
      }),
      { numRuns: 150, seed: 11 },
    )
  }, 60_000)
})
