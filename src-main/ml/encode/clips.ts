import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { WorkbenchError } from '@shared/errors'
import { brightnessOf, frameCount, melPower } from '../audio/mel'
import { resample } from '../audio/resample'
import { decodeSound } from '../audio/decode'
import type { RunParams } from '../settings'

/** How clips become pictures: log-mel spectrograms [bands, frames, 1] in 0-1, high sounds above, time to the right. */
export interface ClipEncoding {
  kind: 'audio'
  /** Mel bands. */
  height: number
  /** Frames. */
  width: number
  channels: 1
  /** Samples a second that clips are brought to. */
  sampleRate: number
  /** Samples of a frame. */
  size: number
  /** Samples from one frame to the next. */
  hop: number
  rule: string
}

/** What a clip's file says of it. */
export interface ClipFacts {
  /** Samples of one channel. */
  width?: number
  /** Samples a second. */
  height?: number
}

/** Frames a second, and the longest clip that is taken whole without being asked to. */
const framesPerSecond = 64
const autoSeconds = 4
/** A frame covers at least this long. */
const frameSeconds = 0.025
/** Share of the training clips that fit into the length chosen for them. */
const fittingShare = 0.95

type Wanted = Pick<RunParams, 'clipSeconds' | 'melBands'>

/** Fits rate and length on training clips: the most frequent rate, and a length that 95 % of them fit into. */
export function fitClips(clips: ClipFacts[], params: Partial<Wanted>): ClipEncoding {
  const known = clips.filter(({ width, height }) => width && height) as Required<ClipFacts>[]
  const rates = new Map<number, number>()
  for (const { height } of known) rates.set(height, (rates.get(height) ?? 0) + 1)
  const [rate] = [...rates].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [16_000]
  const seconds = known.map(({ width, height }) => width / height).sort((a, b) => a - b)
  return clipEncoding(rate, seconds[Math.floor(fittingShare * (seconds.length - 1))] ?? 1, params)
}

/** The encoding for clips of that rate and length; `clipSeconds` goes before the length. */
export function clipEncoding(sampleRate: number, seconds: number, params: Partial<Wanted>): ClipEncoding {
  const wanted = params.clipSeconds || Math.min(autoSeconds, seconds)
  const size = 2 ** Math.ceil(Math.log2(Math.max(16, frameSeconds * sampleRate)))
  const hop = Math.max(1, Math.round(sampleRate / framesPerSecond))
  const width = frameCount(Math.round(wanted * sampleRate), { size, hop })
  const bands = params.melBands ?? 40
  const rule =
    `Channels mixed into one, ${sampleRate} samples a second; log-mel spectrogram of ${bands} bands from 0 to ${sampleRate / 2} Hz, ` +
    `a frame of ${size} samples each ${hop} samples; brightness from 0 (80 dB below the clip's loudest place, or silence) to 1. ` +
    `${width} frames (${(width / framesPerSecond).toFixed(2)} s): longer clips are cut at their end, shorter ones followed by silence.`
  return { kind: 'audio', height: bands, width, channels: 1, sampleRate, size, hop, rule }
}

/** Decodes one clip to height * width bytes of brightness. Throws `invalid_input` naming a file that cannot be read. */
export async function decodeClip(path: string, encoding: ClipEncoding): Promise<Uint8Array> {
  try {
    const clip = await decodeSound(await readFile(path))
    return spectrogramOf(resample(clip.samples, clip.sampleRate, encoding.sampleRate), encoding)
  } catch (error) {
    const reason = (error as Error).message
    throw new WorkbenchError(
      'invalid_input',
      `The clip ${basename(path)} could not be read (${reason}). It was expected at ${path}: re-link or remove it.`,
      { path },
    )
  }
}

/** Brightness of a clip at the rate of its encoding, [height, width] bytes. */
export function spectrogramOf(
  samples: Float32Array,
  { height, width, sampleRate, size, hop }: ClipEncoding,
): Uint8Array {
  const whole = samples.subarray(0, (width - 1) * hop + size)
  const brightness = brightnessOf(melPower(whole, { sampleRate, size, hop, bands: height }))
  const frames = Math.min(width, brightness.length / height)
  const bytes = new Uint8Array(height * width)
  for (let frame = 0; frame < frames; frame++)
    for (let band = 0; band < height; band++)
      bytes[(height - 1 - band) * width + frame] = Math.round(255 * brightness[frame * height + band]!)
  return bytes
}
