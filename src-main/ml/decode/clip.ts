import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { UnreadableClip } from '../audio/clip'
import { decodeSound } from '../audio/decode'

export interface ClipFileFacts {
  /** SHA-256 of the file's bytes, hex. */
  hash: string
  sizeBytes: number
  /** Epoch ms. */
  modifiedAt: number
  /** Samples of a channel. */
  width: number
  /** Samples a second. */
  height: number
  channels: number
}

/** Hashes a clip and decodes it, so that a damaged file is found now. Throws `UnreadableClip` with the reason in plain words. */
export async function readClip(path: string): Promise<ClipFileFacts> {
  const unreadable = ({ message }: Error): never => {
    throw new UnreadableClip(`The file could not be read: ${message}`)
  }
  const bytes = await readFile(path).catch(unreadable)
  const { mtimeMs } = await stat(path).catch(unreadable)
  const { samples, sampleRate, channels } = await decodeSound(bytes)
  const hash = createHash('sha256').update(bytes).digest('hex')
  return {
    hash,
    sizeBytes: bytes.length,
    modifiedAt: Math.round(mtimeMs),
    width: samples.length,
    height: sampleRate,
    channels,
  }
}
