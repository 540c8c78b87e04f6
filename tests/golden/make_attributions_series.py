"""Attributions of an LSTM that reads a series both ways and decides by the mean of its outputs, by PyTorch and Captum.

Weights are written in Keras' layout (gates i, f, g, o). Methods: saliency, input x gradient, integrated gradients by the
midpoint rule from zeros, and occlusion of three steps of one channel at a time.
"""

import numpy as np
import torch
from captum.attr import InputXGradient, IntegratedGradients, Occlusion, Saliency
from torch import nn

from golden import write

TIME, CHANNELS, UNITS, CLASSES = 9, 3, 6, 4
random = np.random.default_rng(5)


def draw(*shape):
    return np.round(random.normal(size=shape) * 0.6, 3).astype(np.float32)


def array(values):
    values = np.asarray(values)
    return {"shape": list(values.shape), "data": [float(f"{v:.8g}") or 0 for v in values.flatten()]}


class Classifier(nn.Module):
    def __init__(self, directions, dense):
        super().__init__()
        self.lstm = nn.LSTM(CHANNELS, UNITS, batch_first=True, bidirectional=True)
        self.dense = nn.Linear(2 * UNITS, CLASSES)
        for suffix, (kernel, recurrent, bias) in zip(["_l0", "_l0_reverse"], directions):
            for name, value in [("weight_ih", kernel.T), ("weight_hh", recurrent.T), ("bias_ih", bias)]:
                getattr(self.lstm, name + suffix).data = torch.from_numpy(np.ascontiguousarray(value))
            getattr(self.lstm, "bias_hh" + suffix).data.zero_()
        self.dense.weight.data = torch.from_numpy(np.ascontiguousarray(dense[0].T))
        self.dense.bias.data = torch.from_numpy(dense[1])

    def forward(self, x):
        return self.dense(self.lstm(x)[0].mean(1))


directions = [[draw(CHANNELS, 4 * UNITS), draw(UNITS, 4 * UNITS), draw(4 * UNITS)] for _ in range(2)]
dense = [draw(2 * UNITS, CLASSES), draw(CLASSES)]
model = Classifier(directions, dense)
x = torch.from_numpy(draw(1, TIME, CHANNELS)).requires_grad_()
target = 2

steps = 64
maps = {
    "gradient": Saliency(model).attribute(x, target=target, abs=True),
    "input-x-gradient": InputXGradient(model).attribute(x, target=target),
    "integrated-gradients": IntegratedGradients(model).attribute(x, target=target, n_steps=steps, method="riemann_middle"),
    "occlusion-time": Occlusion(model).attribute(x, (3, 1), strides=(1, 1), target=target, baselines=0),
}
params = {
    "gradient": {"absolute": True},
    "input-x-gradient": {},
    "integrated-gradients": {"steps": steps, "baseline": "neutral"},
    "occlusion-time": {"window": 3, "stride": 1, "each": True},
}
write(
    "attributions_series",
    ["torch", "captum"],
    {
        "units": UNITS,
        "target": target,
        "weights": [array(weight) for direction in directions for weight in direction] + [array(w) for w in dense],
        "input": array(x.detach().numpy()),
        "logits": array(model(x).detach().numpy()),
        "maps": [
            {"method": method, "params": params[method], **array(values.detach().numpy()[0])}
            for method, values in maps.items()
        ],
    },
)
