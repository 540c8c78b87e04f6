import { mostFrames, tooLong, UnreadableClip, type Clip } from './clip'

export type CompressedForm = 'FLAC' | 'MP3' | 'Ogg Vorbis' | 'Ogg Opus'

/** What the decoders give for a part of a file. */
interface Decoded {
  channelData: Float32Array[]
  samplesDecoded: number
  sampleRate: number
}

interface Decoder {
  ready: Promise<void>
  decode(bytes: Uint8Array): Promise<Decoded> | Decoded
  /** What is left at the end of the file. */
  flush?(): Promise<Decoded>
  reset(): Promise<void>
}

/** WebAssembly of the formats' own libraries, loaded when the first such file comes. */
const makers: Record<CompressedForm, () => Promise<Decoder>> = {
  FLAC: async () => new (await import('@wasm-audio-decoders/flac')).FLACDecoder(),
  // Encoders note how much silence they put around the sound; it is taken off again.
  MP3: async () => new (await import('mpg123-decoder')).MPEGDecoder({ enableGapless: true }),
  'Ogg Vorbis': async () => new (await import('@wasm-audio-decoders/ogg-vorbis')).OggVorbisDecoder(),
  'Ogg Opus': async () => new (await import('ogg-opus-decoder')).OggOpusDecoder(),
}

/** Bytes that a decoder gets at a time: a small file can stand for hours of silence, and is then given up early. */
const partBytes = 4096

const idle = new Map<CompressedForm, Decoder[]>()

/** Decodes a whole file and mixes its channels into one. Throws `UnreadableClip` with the reason in plain words. */
export async function decodeCompressed(bytes: Uint8Array, form: CompressedForm): Promise<Clip> {
  const decoder = idle.get(form)?.pop() ?? (await makers[form]())
  await decoder.ready
  try {
    const clip = await decodeParts(decoder, bytes, form)
    await decoder.reset()
    idle.set(form, [...(idle.get(form) ?? []), decoder])
    return clip
  } catch (error) {
    // A decoder that stumbled is not used again.
    if (error instanceof UnreadableClip) throw error
    throw new UnreadableClip(`The ${form} file is damaged (${(error as Error).message}).`)
  }
}

async function decodeParts(decoder: Decoder, bytes: Uint8Array, form: CompressedForm): Promise<Clip> {
  const mixed: Float32Array[] = []
  let [frames, channels, sampleRate] = [0, 0, 0]
  const take = (decoded: Decoded) => {
    if (decoded.samplesDecoded === 0) return
    frames += decoded.samplesDecoded
    if (frames > mostFrames) throw tooLong()
    mixed.push(mix(decoded))
    channels = decoded.channelData.length
    sampleRate = decoded.sampleRate
  }
  for (let from = 0; from < bytes.length; from += partBytes)
    take(await decoder.decode(bytes.subarray(from, from + partBytes)))
  if (decoder.flush) take(await decoder.flush())
  if (frames === 0) throw new UnreadableClip(`The ${form} file holds no sound; it is damaged or cut off.`)
  const samples = new Float32Array(frames)
  let at = 0
  for (const part of mixed) {
    samples.set(part, at)
    at += part.length
  }
  const end = form === 'Ogg Opus' ? opusFrames(bytes) : frames
  return { sampleRate, channels, samples: end > 0 && end < frames ? samples.slice(0, end) : samples }
}

function mix({ channelData, samplesDecoded }: Decoded): Float32Array {
  const samples = new Float32Array(samplesDecoded)
  for (const channel of channelData) for (let i = 0; i < samplesDecoded; i++) samples[i]! += channel[i]!
  for (let i = 0; i < samplesDecoded; i++) {
    const value = samples[i]! / channelData.length
    samples[i] = Number.isFinite(value) ? value : 0
  }
  return samples
}

/** How many frames an Ogg Opus file says it has: its last page's position without the lead-in (RFC 7845, 4). */
function opusFrames(file: Uint8Array): number {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length)
  const [head, last] = [bytes.indexOf('OpusHead'), bytes.lastIndexOf('OggS')]
  if (head < 0 || last < 0 || last + 14 > bytes.length || head + 12 > bytes.length) return 0
  return Number(bytes.readBigInt64LE(last + 6)) - bytes.readUInt16LE(head + 10)
}
