import { open, readFile } from 'node:fs/promises'
import { WorkbenchError } from '@shared/errors'

/** Where the values of a series lie: [steps, channels] float32 in a pack; NaN is missing. */
export interface SeriesPlace {
  /** Absolute path of the pack. */
  path: string
  /** In values from the pack's start. */
  offset: number
  steps: number
  channels: number
}

const bytesPerValue = Float32Array.BYTES_PER_ELEMENT

/** Values of one series, [steps, channels]; throws `not_found` when the pack does not hold them any more. */
export async function readPlace({ path, offset, steps, channels }: SeriesPlace): Promise<Float32Array> {
  const values = new Float32Array(steps * channels)
  const file = await open(path).catch(() => {
    throw lost(path)
  })
  try {
    const bytes = new Uint8Array(values.buffer)
    const { bytesRead } = await file.read(bytes, 0, bytes.length, offset * bytesPerValue)
    if (bytesRead < bytes.length) throw lost(path)
    return values
  } finally {
    await file.close()
  }
}

/** Values of many series, each pack read once. */
export async function readPlaces(places: SeriesPlace[]): Promise<Float32Array[]> {
  const packs = new Map<string, Float32Array>()
  for (const path of new Set(places.map((place) => place.path))) packs.set(path, await readPack(path))
  return places.map(({ path, offset, steps, channels }) => {
    const values = packs.get(path)!.subarray(offset, offset + steps * channels)
    if (values.length < steps * channels) throw lost(path)
    return values
  })
}

async function readPack(path: string): Promise<Float32Array> {
  const bytes = await readFile(path).catch(() => {
    throw lost(path)
  })
  return new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / bytesPerValue))
}

const lost = (path: string) =>
  new WorkbenchError(
    'not_found',
    `The workspace's copy of the series, ${path}, is gone or cut short. Import them again.`,
  )
