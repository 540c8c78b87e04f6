import type { Clip } from './clip'
import { decodeCompressed, type CompressedForm } from './compressed'
import { decodeWav } from './wav'

/** Decodes a WAV, FLAC, MP3 or Ogg file by what its bytes say, whatever its name is. Throws `UnreadableClip`. */
export async function decodeSound(bytes: Buffer): Promise<Clip> {
  const form = compressedForm(bytes)
  return form ? decodeCompressed(bytes, form) : decodeWav(bytes)
}

function compressedForm(bytes: Buffer): CompressedForm | null {
  const start = bytes.toString('latin1', 0, 4)
  if (start === 'fLaC') return 'FLAC'
  // The first packet of an Ogg stream says what is in it.
  if (start === 'OggS') return bytes.subarray(0, 512).includes('OpusHead') ? 'Ogg Opus' : 'Ogg Vorbis'
  const isFrame = bytes.length > 4 && bytes[0] === 0xff && (bytes[1]! & 0xe0) === 0xe0 && (bytes[1]! & 0x06) !== 0
  return start.startsWith('ID3') || isFrame ? 'MP3' : null
}
