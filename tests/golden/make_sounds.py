"""Writes one short clip in every compressed form, and what libsndfile decodes it to."""

import base64
import io

import numpy as np
import soundfile

from golden import write

RATE = 16_000
FORMS = {
    "FLAC": ("FLAC", "PCM_16", RATE),
    "MP3": ("MP3", "MPEG_LAYER_III", RATE),
    "Ogg Vorbis": ("OGG", "VORBIS", RATE),
    "Ogg Opus": ("OGG", "OPUS", 48_000),
}


def clip(rate):
    """Two channels: a rising tone and a falling one, a quarter of a second."""
    time = np.arange(rate // 4) / rate
    rising = 0.4 * np.sin(2 * np.pi * (300 * time + 800 * time**2))
    falling = 0.3 * np.sin(2 * np.pi * (900 * time - 700 * time**2))
    return np.stack([rising, falling], 1)


def encoded(name):
    form, subtype, rate = FORMS[name]
    file = io.BytesIO()
    soundfile.write(file, clip(rate), rate, format=form, subtype=subtype)
    data = file.getvalue()
    values, decoded_rate = soundfile.read(io.BytesIO(data), dtype="float32")
    # Every eighth sample of the mixed channels is enough to tell one decoder from another.
    return {
        "file": base64.b64encode(data).decode(),
        "sampleRate": decoded_rate,
        "channels": values.shape[1],
        "frames": len(values),
        "everyEighth": [round(float(v), 6) for v in values.mean(1)[::8]],
    }


write("sounds", ["soundfile"], {name: encoded(name) for name in FORMS})
