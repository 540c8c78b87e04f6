import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { augmentInto } from '@main/ml/encode/augment'
import { decodePicture, fitPictures, packedPictures } from '@main/ml/encode/pictures'
import { randomStream } from '@main/ml/random'
import { tempFolder } from '../../helpers/temp-db'
import { toyPictures } from './toy'

const never = new AbortController().signal
const none = { flipHorizontal: false, shift: 0, rotate: 0, zoom: 0, brightness: 0 }

describe('encoding of pictures', () => {
  test('the most frequent size is taken, capped at 64 with its proportions kept', () => {
    const small = { width: 28, height: 20, channels: 1 }
    expect(fitPictures([small, small, { width: 9, height: 9, channels: 1 }], 0, 'auto')).toMatchObject({
      width: 28,
      height: 20,
      channels: 1,
    })
    expect(fitPictures([{ width: 640, height: 480, channels: 3 }], 0, 'auto')).toMatchObject({
      width: 64,
      height: 48,
      channels: 3,
    })
    expect(fitPictures([small], 32, 'colour')).toMatchObject({ width: 32, height: 32, channels: 3 })
  })

  test('a grey picture of the right size comes through to the byte, transparency on white', async () => {
    const folder = await tempFolder()
    const pixels = Buffer.from([0, 50, 100, 150, 200, 255])
    const path = join(folder, 'a.png')
    await sharp(pixels, { raw: { width: 3, height: 2, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(path)
    const grey = fitPictures([{ width: 3, height: 2, channels: 1 }], 0, 'auto')
    expect([...(await decodePicture(path, grey))]).toEqual([...pixels])

    const clear = join(folder, 'b.png')
    await sharp(Buffer.from([0, 0, 0, 0]), { raw: { width: 1, height: 1, channels: 4 } })
      .png()
      .toFile(clear)
    const colour = fitPictures([{ width: 1, height: 1, channels: 4 }], 0, 'auto')
    expect([...(await decodePicture(clear, colour))]).toEqual([255, 255, 255])
  })

  test('a file that is no picture is named', async () => {
    const path = join(await tempFolder(), 'text.jpg')
    await writeFile(path, 'just text')
    await expect(decodePicture(path, fitPictures([], 0, 'auto'))).rejects.toThrow(/text\.jpg could not be read/)
  })

  test('decoded pictures are kept and found again by content', async () => {
    const folder = await tempFolder()
    const { samples } = await toyPictures(join(folder, 'pictures'), 12)
    const files = samples.map(({ path, hash }) => ({ path: path!, hash: hash! }))
    const encoding = fitPictures(samples, 0, 'auto')
    const cache = join(folder, 'cache')
    const first = await packedPictures(files, encoding, cache, never, () => {})
    await rm(join(folder, 'pictures'), { recursive: true })
    expect(await packedPictures(files, encoding, cache, never, () => {})).toEqual(first)
    expect(await readdir(cache)).toHaveLength(1)
    const others = fitPictures(samples, 4, 'auto')
    await expect(packedPictures(files, others, cache, never, () => {})).rejects.toThrow(/could not be read/)
  })
})

describe('augmentation', () => {
  const shape = [2, 3, 1] as const
  const bytes = Uint8Array.from([0, 51, 102, 153, 204, 255])
  const change = (how: object, seed = 1) => {
    const out = new Float32Array(6)
    augmentInto(out, 0, bytes, 0, shape, { ...none, ...how }, randomStream(seed))
    return [...out].map((value) => Math.round(value * 255))
  }

  test('nothing asked for changes nothing', () => expect(change({})).toEqual([...bytes]))

  test('a flip mirrors half of the time', () => {
    const seen = new Set(Array.from({ length: 20 }, (_, seed) => change({ flipHorizontal: true }, seed).join()))
    expect(seen).toEqual(new Set(['0,51,102,153,204,255', '102,51,0,255,204,153']))
  })

  test('the same seed draws the same change; values stay in range', () => {
    const how = { shift: 0.4, rotate: 40, zoom: 0.3, brightness: 0.8 }
    expect(change(how, 5)).toEqual(change(how, 5))
    expect(change(how, 5)).not.toEqual(change(how, 6))
    for (let seed = 0; seed < 50; seed++) for (const value of change(how, seed)) expect(value).toBeGreaterThanOrEqual(0)
  })
})
