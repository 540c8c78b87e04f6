import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import sharp, { type Metadata } from 'sharp'

export interface PictureFacts {
  /** SHA-256 of the file's bytes, hex. */
  hash: string
  sizeBytes: number
  /** Epoch ms. */
  modifiedAt: number
  /** As shown, that is after the turn that a camera noted in the file. */
  width: number
  height: number
  /** 1 grey, 2 grey with transparency, 3 colour, 4 colour with transparency. */
  channels: number
}

/** A picture that cannot go in; the message is for people. */
export class UnreadablePicture extends Error {}

export const pictureExtensions = ['png', 'jpg', 'jpeg', 'webp', 'gif', 'tif', 'tiff', 'avif']

/** Decoded whole in memory up to here; larger ones are streamed. */
const wholeLimitPixels = 16e6
export const limitPixels = 268_402_689 // 16 383 x 16 383
const decoding = { limitInputPixels: limitPixels, failOn: 'error', sequentialRead: true } as const

let isPrepared = false
/** Sets the decoder up for many files at once, and refuses all that draws, runs or links. */
export function prepareDecoder() {
  if (isPrepared) return
  isPrepared = true
  sharp.cache(false)
  sharp.concurrency(1) // several files are in flight instead
  // A picture is pixels: what draws, runs or links is refused, whatever the file is called.
  sharp.block({
    operation: ['VipsForeignLoadSvg', 'VipsForeignLoadPdf', 'VipsForeignLoadMagick', 'VipsForeignLoadVips'],
  })
}

/**
 * Hashes a picture and decodes every pixel of it, so that a file that was cut off is found now and not in training.
 * Throws `UnreadablePicture` with the reason in plain words.
 */
export async function readPicture(path: string): Promise<PictureFacts> {
  prepareDecoder()
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => unreadable(fileReason(error)))
  if (bytes.length === 0) unreadable('The file is empty.')
  const { mtimeMs } = await stat(path).catch((error: NodeJS.ErrnoException) => unreadable(fileReason(error)))
  try {
    const shape = isPlainPng(bytes) ? await decodePng(bytes) : await decodeAny(bytes)
    const hash = createHash('sha256').update(bytes).digest('hex')
    return { hash, sizeBytes: bytes.length, modifiedAt: Math.round(mtimeMs), ...shape }
  } catch (error) {
    if (error instanceof UnreadablePicture) throw error
    unreadable(decodeReason(bytes, String((error as Error).message)))
  }
}

type Shape = Pick<PictureFacts, 'width' | 'height' | 'channels'>

/** Small PNGs without a camera's notes tell all in their header, which halves the work on each of many thousands. */
const isPlainPng = (bytes: Buffer) =>
  isPng(bytes) &&
  bytes.length > 32 &&
  bytes.length < 65_536 &&
  bytes.readUInt32BE(16) * bytes.readUInt32BE(20) <= 1e6 &&
  !bytes.includes('eXIf')

async function decodePng(bytes: Buffer): Promise<Shape> {
  const { info } = await sharp(bytes, decoding).raw().toBuffer({ resolveWithObject: true })
  const isGrey = (bytes[25]! & 2) === 0 // colour type 0 or 4; sharp hands out grey as three equal channels
  return { width: info.width, height: info.height, channels: isGrey ? info.channels - 2 : info.channels }
}

async function decodeAny(bytes: Buffer): Promise<Shape> {
  const metadata = await sharp(bytes, decoding).metadata()
  const picture = sharp(bytes, decoding)
  if (metadata.width * metadata.height <= wholeLimitPixels) await picture.raw().toBuffer()
  else await picture.resize(16, 16, { fit: 'fill', fastShrinkOnLoad: false }).raw().toBuffer()
  return { ...shownSize(metadata), channels: channelsOf(metadata) }
}

const shownSize = ({ width, height, orientation = 1 }: Metadata) =>
  orientation >= 5 ? { width: height, height: width } : { width, height }

function channelsOf({ space, channels, hasAlpha }: Metadata): number {
  if (space === 'b-w' || space === 'grey16') return hasAlpha ? 2 : 1
  return hasAlpha && channels >= 4 ? 4 : 3
}

/** The picture as WebP, its longer side at most `size` pixels. */
export async function makeThumbnail(path: string, size: number): Promise<Buffer> {
  prepareDecoder()
  return sharp(path, { limitInputPixels: limitPixels, autoOrient: true })
    .resize(size, size, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 82 })
    .toBuffer()
}

function fileReason({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'The file is not there.'
  if (code === 'EACCES' || code === 'EPERM') return 'Reading this file is not allowed.'
  return `The file could not be read: ${message}`
}

const isPng = (bytes: Buffer) => bytes.subarray(0, 4).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47]))

const signatures: { name: string; matches(bytes: Buffer): boolean }[] = [
  { name: 'PNG', matches: isPng },
  { name: 'JPEG', matches: (b) => b[0] === 0xff && b[1] === 0xd8 },
  { name: 'GIF', matches: (b) => b.toString('latin1', 0, 4) === 'GIF8' },
  { name: 'WebP', matches: (b) => b.toString('latin1', 0, 4) === 'RIFF' && b.toString('latin1', 8, 12) === 'WEBP' },
  { name: 'TIFF', matches: (b) => ['II*\0', 'MM\0*'].includes(b.toString('latin1', 0, 4)) },
  { name: 'AVIF', matches: (b) => b.toString('latin1', 4, 12) === 'ftypavif' },
]

function decodeReason(bytes: Buffer, message: string): string {
  if (/pixel limit/i.test(message)) return 'The picture is too large: more than 268 million pixels.'
  const format = signatures.find(({ matches }) => matches(bytes))?.name
  if (format) return `The ${format} picture is damaged or cut off: it could not be decoded to its end.`
  if (isText(bytes)) return 'Not a picture: the file holds text, whatever its name says.'
  if (bytes.toString('latin1', 0, 2) === 'BM') return 'BMP pictures are not read; save it as PNG.'
  return `Not a picture in a format that is read (${pictureExtensions.join(', ')}).`
}

function isText(bytes: Buffer): boolean {
  const start = bytes.subarray(0, 1024)
  const odd = start.filter((byte) => byte < 9 || (byte > 13 && byte < 32) || byte === 127).length
  return odd === 0
}

function unreadable(reason: string): never {
  throw new UnreadablePicture(reason)
}
