"""What the generators share: reading the sample, writing JSON that says what made it."""

import json
import math
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(__file__).resolve().parent / "data"
GERMAN_CREDIT = ROOT / "resources" / "samples" / "german-credit" / "german-credit.csv"


def german_credit():
    """The sample as a frame, with `age_group` after AIF360's tutorial: 25 and older is privileged."""
    frame = pd.read_csv(GERMAN_CREDIT, keep_default_na=False)
    frame["age_group"] = np.where(frame["age"] >= 25, "old", "young")
    return frame


def plain(value):
    """JSON without NaN or infinity: both become null, what is undefined is never a number."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def write(name, libraries, content):
    text = json.dumps({"madeBy": {library: version(library) for library in libraries}, **plain(content)}, allow_nan=False)
    path = DATA / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text + "\n")
    print(f"{path.name}: {len(text) // 1024 + 1} KB")
