"""Mel power of a clip: NumPy's FFT on periodic Hann windows, filters by the formula of HTK on a fine table of its own."""

import numpy as np

from golden import write

RATE, SIZE, HOP, BANDS = 8000, 256, 125, 20
random = np.random.default_rng(3)
time = np.arange(1900) / RATE
clip = np.round(0.4 * np.sin(2 * np.pi * 440 * time) + 0.3 * np.sin(2 * np.pi * (900 + 2000 * time) * time), 4)
clip = np.round(clip + random.normal(size=len(clip)) * 0.02, 4)

frames = max(1, int(np.ceil((len(clip) - SIZE) / HOP)) + 1)
padded = np.concatenate([clip, np.zeros(frames * HOP + SIZE - len(clip))])
window = np.hanning(SIZE + 1)[:-1]
power = np.stack([np.abs(np.fft.rfft(padded[i * HOP : i * HOP + SIZE] * window)) ** 2 for i in range(frames)])

mel = lambda hertz: 2595 * np.log10(1 + np.asarray(hertz) / 700)
hertz = lambda m: 700 * (10 ** (np.asarray(m) / 2595) - 1)
edges = hertz(np.linspace(0, mel(RATE / 2), BANDS + 2))
bins = np.linspace(0, RATE / 2, SIZE // 2 + 1)
filters = np.stack([np.interp(bins, edges[i : i + 3], [0, 1, 0], left=0, right=0) for i in range(BANDS)])
values = power @ filters.T

array = lambda v: {"shape": list(v.shape), "data": [float(f"{x:.9g}") for x in v.flatten()]}
write("mel", ["numpy"], {"sampleRate": RATE, "size": SIZE, "hop": HOP, "bands": BANDS, "clip": clip, "power": array(values)})
