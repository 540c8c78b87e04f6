import { createHash, randomUUID } from 'node:crypto'
import { readFile, rename, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import { decodeClip, type ClipEncoding } from './clips'
import { throwIfAborted, WorkbenchError } from '@shared/errors'
import { boxOf, regionsIn, type PixelBox } from '@shared/masks'
import { writeBeside } from '../cache-file'
import { writeSamples } from './streamed'

/** How pictures become numbers: scaled to one size, [height, width, channels] in 0-1. */
export interface PictureEncoding {
  kind: 'image'
  height: number
  width: number
  /** 1 is grey, 3 is RGB. */
  channels: 1 | 3
  /** Covered with black, whatever is there; absent for none. */
  masked?: PixelBox[]
  rule: string
}

export interface PictureFile {
  path: string
  /** Content hash; without one the picture is decoded anew each time. */
  hash?: string
}

const autoSideLimit = 64
const decodersAtOnce = 4
/** Part of each cache key: raise it when decoding changes. */
const decodingVersion = 1

export interface PictureFacts {
  width?: number
  height?: number
  channels?: number
}

/** Chooses size and channels. `imageSize` 0: the most frequent size, its longer side capped at 64 pixels. */
export function fitPictures(
  pictures: PictureFacts[],
  imageSize: number,
  colour: 'auto' | 'grey' | 'colour',
  maskRegions: string | null = null,
): PictureEncoding {
  const [width, height] = imageSize > 0 ? [imageSize, imageSize] : autoSize(pictures)
  const isGrey = colour === 'grey' || (colour === 'auto' && pictures.every((p) => (p.channels ?? 3) <= 2))
  const rule =
    `Scaled to ${width} x ${height} pixels${isGrey ? ', in grey' : ', red, green and blue'}; ` +
    'brightness from 0 (black) to 1 (white), see-through parts on white.'
  const masked = (regionsIn(maskRegions) ?? []).map((region) => boxOf(region, { width, height }))
  const encoding = { kind: 'image' as const, width, height, channels: isGrey ? (1 as const) : (3 as const) }
  if (masked.length === 0) return { ...encoding, rule }
  const places = masked.map(
    (box) => `columns ${box.x} to ${box.x + box.width - 1} of rows ${box.y} to ${box.y + box.height - 1}`,
  )
  return { ...encoding, masked, rule: `${rule} Then ${places.join(' and ')} (from 0) are covered with black.` }
}

function autoSize(pictures: PictureFacts[]): [number, number] {
  const counts = new Map<string, number>()
  for (const { width, height } of pictures) {
    if (width && height) counts.set(`${width}x${height}`, (counts.get(`${width}x${height}`) ?? 0) + 1)
  }
  const [size] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0] ?? [
    `${autoSideLimit}x${autoSideLimit}`,
  ]
  const [width, height] = size.split('x').map(Number) as [number, number]
  const scale = Math.min(1, autoSideLimit / Math.max(width, height))
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
}

/** What becomes a picture: pictures themselves, and clips by their spectrogram. */
export type DrawnEncoding = PictureEncoding | ClipEncoding

export const pictureShape = ({ height, width, channels }: DrawnEncoding) => [height, width, channels]

/** Decodes one picture to height * width * channels bytes. Throws `invalid_input` naming a file that cannot be read. */
export async function decodePicture(path: string, encoding: PictureEncoding): Promise<Buffer> {
  const { width, height, channels } = encoding
  try {
    const picture = sharp(path, { failOn: 'error' })
      .rotate()
      .flatten({ background: '#ffffff' })
      .resize(width, height, { fit: 'fill', kernel: 'lanczos3', fastShrinkOnLoad: false })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    return covered(await picture.raw({ depth: 'uchar' }).toBuffer(), encoding)
  } catch (error) {
    const reason = (error as Error).message
    throw new WorkbenchError(
      'invalid_input',
      `The picture ${basename(path)} could not be read (${reason}). It was expected at ${path}: re-link or remove it.`,
      { path },
    )
  }
}

/** Blackens what is masked, in place. */
function covered(pixels: Buffer, { width, channels, masked = [] }: PictureEncoding): Buffer {
  for (const box of masked)
    for (let row = box.y; row < box.y + box.height; row++)
      pixels.fill(0, (row * width + box.x) * channels, (row * width + box.x + box.width) * channels)
  return pixels
}

const decodeAny = (path: string, encoding: DrawnEncoding) =>
  encoding.kind === 'audio' ? decodeClip(path, encoding) : decodePicture(path, encoding)

/** Decodes pictures or clips into one packed buffer [n, height, width, channels] of bytes. */
export async function decodePictures(
  files: PictureFile[],
  encoding: DrawnEncoding,
  signal: AbortSignal | undefined,
  progress: (done: number) => void = () => {},
): Promise<Uint8Array> {
  const size = encoding.height * encoding.width * encoding.channels
  const packed = new Uint8Array(files.length * size)
  let next = 0
  let done = 0
  const decode = async () => {
    while (next < files.length) {
      throwIfAborted(signal)
      const index = next++
      packed.set(await decodeAny(files[index]!.path, encoding), index * size)
      progress(++done)
    }
  }
  await Promise.all(Array.from({ length: Math.min(decodersAtOnce, files.length) }, decode))
  return packed
}

/**
 * As `decodePictures`, kept as one file under `cacheDir` and found again by the contents' hashes and the encoding. The file
 * is written beside and renamed, so that a killed process leaves none half-written.
 */
export async function packedPictures(
  files: PictureFile[],
  encoding: DrawnEncoding,
  cacheDir: string,
  signal: AbortSignal,
  progress: (done: number) => void,
): Promise<Uint8Array> {
  if (files.some((file) => !file.hash)) return decodePictures(files, encoding, signal, progress)
  const path = join(cacheDir, `pictures-${cacheKey(files, encoding)}.bin`)
  const size = files.length * encoding.height * encoding.width * encoding.channels
  const cached = await stat(path).catch(() => null)
  if (cached?.size === size) return new Uint8Array(await readFile(path))
  const packed = await decodePictures(files, encoding, signal, progress)
  await writeBeside(path, packed, cacheDir)
  return packed
}

const decodedAtOnce = 512

/** As `packedPictures`, for more than memory should hold: only the file, `isOwn` where nothing tells what it holds. */
export async function picturesFile(
  files: PictureFile[],
  encoding: DrawnEncoding,
  cacheDir: string,
  signal: AbortSignal,
  progress: (done: number) => void,
): Promise<{ path: string; isOwn: boolean }> {
  const isOwn = files.some((file) => !file.hash)
  const path = join(cacheDir, `pictures-${isOwn ? randomUUID() : cacheKey(files, encoding)}.bin`)
  const size = files.length * encoding.height * encoding.width * encoding.channels
  if ((await stat(path).catch(() => null))?.size === size) return { path, isOwn }
  const partial = `${path}.${randomUUID().slice(0, 8)}.partial`
  async function* parts() {
    for (let from = 0; from < files.length; from += decodedAtOnce)
      yield await decodePictures(files.slice(from, from + decodedAtOnce), encoding, signal, (done) =>
        progress(from + done),
      )
  }
  await writeSamples(partial, parts())
  await rename(partial, path)
  return { path, isOwn }
}

function cacheKey(files: PictureFile[], encoding: DrawnEncoding): string {
  const { height, width, channels } = encoding
  const how = encoding.kind === 'audio' ? [encoding.sampleRate, encoding.size, encoding.hop] : (encoding.masked ?? [])
  const hash = createHash('sha256').update(JSON.stringify([decodingVersion, height, width, channels, ...how]))
  for (const file of files) hash.update(`\n${file.hash}`)
  return hash.digest('hex').slice(0, 32)
}
