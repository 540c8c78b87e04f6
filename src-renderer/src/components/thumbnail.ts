const steps = [64, 128, 256, 512]

/** The size to ask the server for: the next of its few sizes that is not smaller, so that it keeps few copies. */
export const thumbnailStep = (pixels: number): number => steps.find((step) => step >= pixels) ?? 512
