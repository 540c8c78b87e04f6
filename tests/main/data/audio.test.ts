import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toErrorReply } from '@shared/errors'
import type { Inspection } from '@shared/schemas/dataset'
import { resample } from '@main/ml/audio/resample'
import { decodeWav } from '@main/ml/audio/wav'
import { decodeClip, fitClips } from '@main/ml/encode/clips'
import { wav } from '../ml/toy-clips'
import sounds from '../../golden/data/sounds.json'
import { dataServices, never, parseOutput } from '../../helpers/data-services'

const tone = (hertz: number, rate: number, seconds = 0.2) =>
  Array.from({ length: Math.round(rate * seconds) }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate))

/** A WAV file of one frame of two channels, in the given form. */
function frame(code: number, bits: number, write: (bytes: Buffer) => void, extensible = false): Buffer {
  const [head, width] = [extensible ? 40 : 16, bits / 8]
  const bytes = Buffer.alloc(28 + head + 2 * width)
  bytes.write('RIFF', 0, 'latin1')
  bytes.write('WAVEfmt ', 8, 'latin1')
  bytes.writeUInt32LE(head, 16)
  bytes.writeUInt16LE(extensible ? 0xfffe : code, 20)
  bytes.writeUInt16LE(2, 22)
  bytes.writeUInt32LE(8000, 24)
  bytes.writeUInt16LE(bits, 34)
  if (extensible) bytes.writeUInt16LE(code, 44)
  bytes.write('data', 20 + head, 'latin1')
  bytes.writeUInt32LE(2 * width, 24 + head)
  write(bytes.subarray(28 + head))
  return bytes
}

describe('audio clips', () => {
  it.each([
    ['8 bits', frame(1, 8, (data) => data.set([192, 64]))],
    ['16 bits', frame(1, 16, (data) => (data.writeInt16LE(16_384), data.writeInt16LE(-16_384, 2)))],
    ['24 bits', frame(1, 24, (data) => (data.writeIntLE(4_194_304, 0, 3), data.writeIntLE(-4_194_304, 3, 3)))],
    ['32 bits', frame(1, 32, (data) => (data.writeInt32LE(2 ** 30), data.writeInt32LE(-(2 ** 30), 4)))],
    ['float', frame(3, 32, (data) => (data.writeFloatLE(0.5), data.writeFloatLE(-0.5, 4)))],
    ['extensible', frame(1, 16, (data) => (data.writeInt16LE(16_384), data.writeInt16LE(-16_384, 2)), true)],
  ])('WAV of %s: both channels are mixed', (_name, bytes) => {
    const clip = decodeWav(bytes)
    expect(clip).toMatchObject({ sampleRate: 8000, channels: 2 })
    expect(Array.from(clip.samples)).toEqual([0])
    const second = Buffer.from(bytes)
    second.writeUInt16LE(1, 22)
    expect(Array.from(decodeWav(second).samples)).toEqual([0.5, -0.5])
  })

  it.each([
    ['nothing', Buffer.alloc(0), 'empty'],
    ['RF64', Buffer.from('RF64 and more bytes'), 'RF64 files are not read'],
    ['text', Buffer.from('these are words, no sound'), 'Not a WAV, FLAC, MP3 or Ogg file'],
    ['a cut head', wav(tone(300, 4000), 4000).subarray(0, 30), 'damaged'],
    ['a strange code', frame(7, 8, () => {}), 'not read (WAV format 7'],
  ])('says what is wrong with %s', (_name, bytes, message) => {
    expect(() => decodeWav(bytes)).toThrow(message)
  })

  it('keeps a tone when the rate changes, and drops what is too high for the new one', () => {
    const rms = (values: ArrayLike<number>) =>
      Math.hypot(...Array.from(values).slice(100, -100)) / Math.sqrt(values.length - 200)
    const low = resample(Float32Array.from(tone(300, 16_000, 0.5)), 16_000, 8000)
    expect(low.length).toBe(4000)
    expect(rms(low)).toBeCloseTo(0.5 / Math.SQRT2, 2)
    const error = low.slice(200, -200).map((value, i) => value - tone(300, 8000, 0.5)[i + 200]!)
    expect(Math.max(...error.map(Math.abs))).toBeLessThan(0.005)
    expect(rms(resample(Float32Array.from(tone(6000, 16_000, 0.5)), 16_000, 8000))).toBeLessThan(0.01)
  })

  it('imports folders as classes, or the beginnings of names; draws and plays clips; lists what is none', async () => {
    const services = await dataServices()
    const folder = join(services.folder, 'in')
    const put = async (name: string, bytes: Buffer | string) => {
      await mkdir(join(folder, name, '..'), { recursive: true })
      await writeFile(join(folder, name), bytes)
    }
    for (const [word, hertz] of [
      ['low', 300],
      ['high', 1500],
    ] as const)
      for (let take = 0; take < 4; take++) {
        await put(`classes/${word}/${take}.wav`, wav(tone(hertz + take, 8000), 8000))
        await put(`names/${word}_me_${take}.wav`, wav(tone(hertz + take, 8000), 8000))
      }
    for (const [form, { file }] of Object.entries({ flac: sounds.FLAC, mp3: sounds.MP3, opus: sounds['Ogg Opus'] }))
      await put(`classes/low/short.${form}`, Buffer.from(file, 'base64'))
    await put('classes/low/broken.wav', 'no sound')
    await put('classes/notes.txt', 'words')
    const inspected = await services.datasets.inspect({ paths: [join(folder, 'names')] }, never)
    const named = parseOutput('datasets.inspect', inspected) as Inspection
    expect(named).toMatchObject({
      modality: 'audio',
      classes: [
        { name: 'high', count: 4 },
        { name: 'low', count: 4 },
      ],
    })
    expect(named.notes.join()).toContain('before the first "_"')

    const dataset = await services.importFiles([join(folder, 'classes')])
    expect(dataset).toMatchObject({ modality: 'audio', sampleCount: 11, labelledCount: 11 })
    expect(dataset.skipped.map(({ path }) => path).sort()).toEqual(['low/broken.wav', 'notes.txt'])
    const { samples } = await services.datasets.samples({ dataset: 'set', filter: {}, offset: 0, limit: 1 })
    expect(samples[0]).toMatchObject({ width: 1600, height: 8000, channels: 1 })
    const whole = await services.files.open(samples[0]!.sampleId, null)
    expect(whole).toMatchObject({ contentType: 'audio/wav', path: expect.stringContaining('.wav') })
    const drawn = await services.files.open(samples[0]!.sampleId, 128)
    expect((await readFile(drawn.path)).subarray(8, 12).toString()).toBe('WEBP')
    const run = services.datasets.inspect({ paths: [folder], modality: 'image' }, never)
    expect(toErrorReply(await run.catch((error: unknown) => error)).code).toBe('invalid_input')
  })

  it('a tone is a line at its own height, and what follows it is black', async () => {
    const services = await dataServices()
    const path = join(services.folder, 'tone.wav')
    await mkdir(services.folder, { recursive: true })
    await writeFile(path, wav(tone(1000, 8000, 0.25), 8000))
    const encoding = fitClips([{ width: 4000, height: 8000 }], {})
    const bytes = await decodeClip(path, encoding)
    const { width, height } = encoding
    const column = (frame: number) => Array.from({ length: height }, (_, row) => bytes[row * width + frame]!)
    const loudest = (frame: number) => height - 1 - column(frame).indexOf(Math.max(...column(frame)))
    const mel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700)
    expect(loudest(5)).toBeCloseTo((mel(1000) / mel(4000)) * (height + 1) - 1, -0.5)
    expect(column(width - 1).every((value) => value === 0)).toBe(true)
  })
})
