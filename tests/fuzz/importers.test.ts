import fc from 'fast-check'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { tempFolder } from '../helpers/temp-db'
import { importFile, originals, type Original } from './importers'
import { mutate, mutation } from './mutations'

/** `npm run test:soak` tries 20 000; the seed is kept, so that a failure can be had again. */
const numRuns = Number(process.env['PELLUCID_FUZZ_FILES'] ?? 300)
const seed = Number(process.env['PELLUCID_FUZZ_SEED'] ?? 20_261_123)
const longestMs = 5000
const mostGrownBytes = 512 * 1024 ** 2

describe('importers on damaged files', () => {
  let folder: string
  let files: Original[]
  beforeEach(async () => {
    folder = await tempFolder()
    files = await originals(folder)
  })

  it('take every file that is whole', async () => {
    for (const file of files)
      expect([file.name, await importFile(join(folder, 'x'), file)]).toEqual([file.name, 'imported'])
  })

  it(
    `end with a valid import or a typed error, in time and in little memory (${numRuns} files, seed ${seed})`,
    { timeout: 60_000 + numRuns * 500 },
    async () => {
      const seen = { imported: 0, refused: 0 }
      const before = process.memoryUsage().rss
      const property = fc.asyncProperty(
        fc.nat(files.length - 1),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        async (at, mutations) => {
          const { name, bytes } = files[at]!
          const startedAt = performance.now()
          seen[await importFile(join(folder, 'x'), { name, bytes: mutate(bytes, mutations) })]++
          expect(performance.now() - startedAt, name).toBeLessThan(longestMs)
          expect(process.memoryUsage().rss - before, name).toBeLessThan(mostGrownBytes)
        },
      )
      await fc.assert(property, { numRuns, seed, endOnFailure: true })
      // Both must happen, or the damage is too much or none.
      expect(Math.min(seen.imported, seen.refused)).toBeGreaterThan(numRuns / 20)
    },
  )
})
