import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { samplePictures } from '@main/headless/sample-pictures'
import { dataServices, png, writeTree } from '../../helpers/data-services'

it('pictures come many at a time, in the order asked, an empty line for what cannot be read', async () => {
  const services = await dataServices()
  const root = await writeTree(join(services.folder, 'pictures'), {
    'a.png': await png('#f00', 16),
    'b.png': await png('#0f0', 300),
    'c.png': await png('#00f', 16),
  })
  await services.importFiles([root])
  const idOf = async (name: string) => (await services.datasets.sample({ dataset: 'set', sample: name })).sampleId
  const [a, b, c] = await Promise.all([idOf('a.png'), idOf('b.png'), idOf('c.png')])
  await rm(join(root, 'c.png'))
  const ask = (ids: (number | string)[], size: number | string = 128) =>
    samplePictures(
      { sampleFile: (id, pixels) => services.files.open(id, pixels) },
      new URLSearchParams({ ids: ids.join(), size: String(size) }),
    )

  const [first, gone, unknown, second] = (await ask([b, c, 99_999, a])).split('\n')
  expect([gone, unknown]).toEqual(['', ''])
  const decoded = (line: string) => sharp(Buffer.from(line.slice(line.indexOf(',') + 1), 'base64')).metadata()
  expect(first).toMatch(/^data:image\/webp;base64,/)
  expect(await decoded(first!)).toMatchObject({ width: 128, height: 128 })
  expect(second).toMatch(/^data:image\/png;base64,/)
  expect(await decoded(second!)).toMatchObject({ width: 16 })

  for (const ids of [[], ['../1'], [1.5], Array.from({ length: 101 }, (_, id) => id)])
    await expect(ask(ids)).rejects.toMatchObject({ code: 'invalid_input' })
  for (const size of ['', '9999', 'x']) await expect(ask([a], size)).rejects.toMatchObject({ code: 'invalid_input' })
})
