import { mostFrames, tooLong, UnreadableClip, type Clip } from './clip'

const pcm = 1
const float = 3
const extensible = 0xfffe

/**
 * Decodes a WAV file (RIFF; PCM of 8, 16, 24 or 32 bits, or float of 32 or 64) and mixes its channels into one. Throws
 * `UnreadableClip` with the reason in plain words.
 */
export function decodeWav(bytes: Buffer): Clip {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE')
    throw new UnreadableClip(reasonOf(bytes))
  let format: Format | null = null
  for (let at = 12; at + 8 <= bytes.length;) {
    const id = bytes.toString('latin1', at, at + 4)
    const size = bytes.readUInt32LE(at + 4)
    const from = at + 8
    if (id === 'fmt ' && size >= 16 && from + size <= bytes.length) format = readFormat(bytes, from, size)
    if (id === 'data') {
      if (!format) throw new UnreadableClip('The WAV file has sound before it says in what form; it is damaged.')
      // Recorders that were cut off leave a length of 0 or one beyond the file's end.
      return mix(bytes.subarray(from, Math.min(bytes.length, size === 0 ? bytes.length : from + size)), format)
    }
    at = from + size + (size % 2)
  }
  throw new UnreadableClip('The WAV file holds no sound; it is damaged or cut off.')
}

interface Format {
  code: number
  channels: number
  sampleRate: number
  bits: number
}

function readFormat(bytes: Buffer, at: number, size: number): Format {
  const code = bytes.readUInt16LE(at)
  return {
    code: code === extensible && size >= 26 ? bytes.readUInt16LE(at + 24) : code,
    channels: bytes.readUInt16LE(at + 2),
    sampleRate: bytes.readUInt32LE(at + 4),
    bits: bytes.readUInt16LE(at + 14),
  }
}

function mix(data: Buffer, { code, channels, sampleRate, bits }: Format): Clip {
  const read = reader(data, code, bits)
  if (!read)
    throw new UnreadableClip(
      `Its sound is packed in a way that is not read (WAV format ${code}, ${bits} bits). Save it as PCM of 16 bits.`,
    )
  if (channels < 1 || sampleRate < 1) throw new UnreadableClip('The WAV file says that it has no channels or no speed.')
  const width = bits / 8
  const frames = Math.floor(data.length / (width * channels))
  if (frames === 0) throw new UnreadableClip('The WAV file holds no sound.')
  if (frames > mostFrames) throw tooLong()
  const samples = new Float32Array(frames)
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0
    for (let channel = 0; channel < channels; channel++) sum += read((frame * channels + channel) * width)
    samples[frame] = sum / channels
  }
  return { sampleRate, channels, samples }
}

function reader(data: Buffer, code: number, bits: number): ((at: number) => number) | null {
  if (code === pcm && bits === 8) return (at) => (data[at]! - 128) / 128
  if (code === pcm && bits === 16) return (at) => data.readInt16LE(at) / 32_768
  if (code === pcm && bits === 24) return (at) => data.readIntLE(at, 3) / 8_388_608
  if (code === pcm && bits === 32) return (at) => data.readInt32LE(at) / 2_147_483_648
  const finite = (value: number) => (Number.isFinite(value) ? value : 0)
  if (code === float && bits === 32) return (at) => finite(data.readFloatLE(at))
  if (code === float && bits === 64) return (at) => finite(data.readDoubleLE(at))
  return null
}

function reasonOf(bytes: Buffer): string {
  if (bytes.length === 0) return 'The file is empty.'
  if (bytes.toString('latin1', 0, 4) === 'RF64') return 'RF64 files are not read; save it as WAV or FLAC.'
  return 'Not a WAV, FLAC, MP3 or Ogg file, whatever its name says.'
}
