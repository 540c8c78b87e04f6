"""What Quantus says of gradient maps of a small network, for the checks behind a map's badge.

Quantus draws its own noise and random weights; both are written out, so that the product can be asked about the same.
"""

import numpy as np
import quantus
import torch
from quantus.helpers.model.pytorch_model import PyTorchModel
from torch import nn

from golden import write
from make_attributions import conv, dense, numbers, to_torch

# Quantus 0.6.0 asks for a name that NumPy 2.4 has dropped; the function is the same.
np.trapz = np.trapezoid

SIDE = 14
# Pixels taken away at each step of a curve: 28 steps.
STEP = 7
NOISE = 0.01
COPIES = 8


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding="same")
        self.conv2 = nn.Conv2d(4, 6, 3, padding="same")
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(6 * (SIDE // 2) ** 2, 3)

    def forward(self, x):
        x = self.relu2(self.conv2(self.pool(self.relu1(self.conv1(x)))))
        return self.head(x.permute(0, 2, 3, 1).flatten(1))

    def exported(self):
        pool = {"type": "maxPooling2d", "poolSize": [2, 2]}
        return [conv(self.conv1), pool, conv(self.conv2), {"type": "flatten"}, dense(self.head, "linear")]


def gradient(model, inputs, targets, **_):
    x = torch.as_tensor(inputs, dtype=torch.float32).clone().requires_grad_()
    score = model(x)[torch.arange(len(x)), torch.as_tensor(targets)].sum()
    return torch.autograd.grad(score, x)[0].detach().numpy()


def flipping(model, x, y, a, replace):
    """Probabilities of the class while pixels are replaced, most important first, and the area under them."""
    curves = []
    for with_area in [False, True]:
        metric = quantus.PixelFlipping(
            features_in_step=STEP,
            perturb_func=replace,
            abs=False,
            normalise=False,
            return_auc_per_sample=with_area,
            disable_warnings=True,
        )
        curves.append(metric(model=model, x_batch=x, y_batch=y, a_batch=a, softmax=True, channel_first=True)[0])
    return {"curve": curves[0], "area": curves[1]}


def replacing(by):
    def replace(arr, indices, **_):
        arr = arr.copy()
        arr[0, indices[0]] = by.reshape(-1)[indices[0]]
        return arr

    return replace


def main():
    random = np.random.default_rng(5)
    torch.manual_seed(3)
    model = Cnn()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2)
    layers = model.exported()
    model = model.eval()

    # Dark edges, as most pictures of digits have: places of equal worth.
    picture = np.round(random.random((SIDE, SIDE, 1)) * 0.9 + 0.05, 3)
    picture[:2] = 0
    x = to_torch(picture).float().numpy()
    y = np.array([int(model(torch.from_numpy(x).float()).argmax())])
    a = gradient(model, x, y)
    empty = np.zeros_like(x)

    # The softmax turns saturated scores into curves with nothing to see.
    probability = torch.softmax(model(torch.from_numpy(x).float()), 1)[0, y[0]].item()
    deletion = flipping(model, x, y, a, replacing(empty))
    insertion = flipping(model, empty, y, a, replacing(x))

    reach = NOISE * (x.max() - x.min())
    noises = np.round(random.uniform(-reach, reach, (COPIES, x.size)), 7).astype(np.float32).astype(np.float64)
    drawn = iter(noises)
    sensitivity = quantus.MaxSensitivity(
        nr_samples=COPIES,
        perturb_func=lambda arr, **_: arr + next(drawn)[None],
        abs=False,
        normalise=False,
        disable_warnings=True,
    )(model=model, x_batch=x, y_batch=y, a_batch=a, explain_func=gradient, channel_first=True)[0]

    likeness = {}
    for name, function in [("spearman", quantus.similarity_func.correlation_spearman), ("ssim", quantus.similarity_func.ssim)]:
        # Captum's maps of a picture; SSIM wants them as pictures.
        def similarity(a, b, function=function, name=name, **_):
            shape = (SIDE, SIDE) if name == "ssim" else -1
            return np.array([function(a.reshape(shape), b.reshape(shape))])

        scores = quantus.MPRT(similarity_func=similarity, abs=False, normalise=True, disable_warnings=True, display_progressbar=False)(
            model=model, x_batch=x, y_batch=y, a_batch=a, explain_func=gradient, channel_first=True
        )
        likeness[name] = {layer: float(np.ravel(score)[0]) for layer, score in scores.items()}

    steps = []
    for layer, changed in PyTorchModel(model, channel_first=True).get_random_layer_generator(order="top_down", seed=42):
        steps.append(
            {
                "layer": layer,
                "layers": changed.exported(),
                "spearman": likeness["spearman"][layer],
                "ssim": likeness["ssim"][layer],
            }
        )

    write(
        "map-checks",
        ["quantus", "torch"],
        {
            "inputShape": [SIDE, SIDE, 1],
            "layers": layers,
            "input": numbers(picture),
            "target": int(y[0]),
            "probability": probability,
            "gradient": numbers(a[0].transpose(1, 2, 0)),
            # Places of equal worth have no order of their own: this is the one that Quantus took.
            "order": np.argsort(-a.reshape(-1)),
            "deletion": deletion,
            "insertion": insertion,
            "noises": numbers(noises),
            "sensitivity": sensitivity,
            "cascade": steps,
        },
    )
    print({key: deletion[key] for key in ["area"]}, {key: insertion[key] for key in ["area"]}, sensitivity, likeness, probability)


main()
