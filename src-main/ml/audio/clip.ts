/** A clip that cannot go in; the message is for people. */
export class UnreadableClip extends Error {}

export interface Clip {
  /** Samples a second. */
  sampleRate: number
  channels: number
  /** Channels mixed into one, -1 to 1. */
  samples: Float32Array
}

/** Frames of the longest clip: 20 minutes at 48 kHz. */
export const mostFrames = 57_600_000

export const tooLong = () => new UnreadableClip('The clip is longer than 20 minutes at 48 kHz; cut it into pieces.')
