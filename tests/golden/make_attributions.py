"""Attributions by Captum, shap and LIME, on models whose weights are written out in TensorFlow.js' layout.

The reference runs in float64 on weights and inputs that float32 holds exactly.
"""

import math

import numpy as np
import shap
import torch
from captum.attr import (
    LRP,
    GradientShap,
    GuidedBackprop,
    InputXGradient,
    IntegratedGradients,
    LayerGradCam,
    NoiseTunnel,
    Occlusion,
    Saliency,
)
from captum.attr._utils.lrp_rules import EpsilonRule
from lime.lime_base import LimeBase
from sklearn.metrics import pairwise_distances
from torch import nn
from torch.nn import functional as F

from golden import write

STEPS = 64
# Random draws of the sampled methods.
DRAWS = 4000
# (window, stride) of the occlusion; the last does not divide the picture evenly: see README.md.
OCCLUSIONS = [(3, 1), (4, 2), (5, 3)]


class Mlp(nn.Module):
    input_shape = (6,)

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(6, 8), nn.Linear(8, 5), nn.Linear(5, 3)])
        # Modules, not functions: Captum changes the gradient of modules.
        self.tanh, self.relu = nn.Tanh(), nn.ReLU()

    def forward(self, x):
        x = self.tanh(self.layers[0](x))
        return self.layers[2](self.relu(self.layers[1](x)))

    def exported(self):
        return [dense(layer, act) for layer, act in zip(self.layers, ["tanh", "relu", "linear"])]


class Cnn(nn.Module):
    """conv, relu, max-pool 2, conv, relu, then flatten or global average, dense. Channels first inside."""

    def __init__(self, channels, classes, pooled):
        super().__init__()
        self.input_shape = (12, 12, channels)
        self.pooled = pooled
        self.conv1 = nn.Conv2d(channels, 4, 3, padding="same")
        self.conv2 = nn.Conv2d(4, 6, 3, padding="same")
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()
        self.pool, self.average = nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(6 if pooled else 6 * 6 * 6, classes)

    def forward(self, x):
        x = self.pool(self.relu1(self.conv1(x)))
        x = self.relu2(self.conv2(x))
        # Flattened channels last, as TensorFlow.js does it.
        return self.head(self.average(x).flatten(1) if self.pooled else x.permute(0, 2, 3, 1).flatten(1))

    def exported(self):
        reduce = {"type": "globalAveragePooling2d" if self.pooled else "flatten"}
        pool = {"type": "maxPooling2d", "poolSize": [2, 2]}
        return [conv(self.conv1), pool, conv(self.conv2), reduce, dense(self.head, "linear")]


class Probabilities(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        return torch.softmax(self.model(x), dim=1)


def weights(array):
    return {"shape": list(array.shape), "data": [float(str(np.float32(v))) for v in array.flatten()]}


def numbers(array):
    array = np.asarray(array, dtype=np.float64)
    return {"shape": list(array.shape), "data": [float(f"{v:.6g}") or 0 for v in array.flatten()]}


def dense(layer, activation):
    kernel = layer.weight.detach().numpy().T
    bias = layer.bias.detach().numpy()
    return {"type": "dense", "units": len(bias), "activation": activation, "kernel": weights(kernel), "bias": weights(bias)}


def conv(layer):
    kernel = layer.weight.detach().numpy().transpose(2, 3, 1, 0)
    bias = layer.bias.detach().numpy()
    geometry = {"filters": len(bias), "kernelSize": [3, 3], "strides": [1, 1], "padding": "same", "activation": "relu"}
    return {"type": "conv2d", **geometry, "kernel": weights(kernel), "bias": weights(bias)}


def run_exported(layers, x):
    """The exported weights in plain numpy, channels last: proof that the layouts are what they claim."""
    for layer in layers:
        if "kernel" in layer:
            kernel = np.array(layer["kernel"]["data"]).reshape(layer["kernel"]["shape"])
            bias = np.array(layer["bias"]["data"])
        if layer["type"] == "dense":
            x = x @ kernel + bias
        elif layer["type"] == "conv2d":
            h, w = x.shape[:2]
            padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
            x = bias + sum(padded[i : i + h, j : j + w] @ kernel[i, j] for i in range(3) for j in range(3))
        elif layer["type"] == "maxPooling2d":
            h, w, c = x.shape
            x = x.reshape(h // 2, 2, w // 2, 2, c).max(axis=(1, 3))
        elif layer["type"] == "flatten":
            x = x.reshape(-1)
        else:
            x = x.mean(axis=(0, 1))
        activation = layer.get("activation")
        x = np.tanh(x) if activation == "tanh" else np.maximum(x, 0) if activation == "relu" else x
    return x


def to_torch(x):
    """One sample, channels last, as a batch of one, channels first for pictures."""
    batch = torch.from_numpy(x)[None]
    return batch.permute(0, 3, 1, 2) if batch.ndim == 4 else batch


def from_torch(batch):
    batch = batch.detach()
    return (batch.permute(0, 2, 3, 1) if batch.ndim == 4 else batch)[0].numpy()


def blurred(x):
    """Gaussian of an eighth of the longer side, cut at three of them, rows of weights summing to one at the edges too."""
    sigma = max(x.shape[:2]) / 8

    def rows(length):
        away = np.abs(np.subtract.outer(np.arange(length), np.arange(length)))
        weights = np.where(away > 3 * sigma, 0, np.exp(-(away**2) / (2 * sigma**2)))
        return weights / weights.sum(axis=1, keepdims=True)

    return np.einsum("ij,jkc,lk->ilc", rows(x.shape[0]), x, rows(x.shape[1]))


def grad_cam_plus_plus(model, x, target):
    """Equation 19 of Chattopadhay et al. 2018 for a score exp(logit), without its common factor."""
    maps = []
    hook = model.relu2.register_forward_hook(lambda module, inputs, output: maps.append(output))
    logit = model(to_torch(x))[0, target]
    hook.remove()
    (gradient,) = torch.autograd.grad(logit, maps[0])
    below = 2 * gradient**2 + maps[0].sum(dim=(2, 3), keepdim=True) * gradient**3
    shares = torch.where(below != 0, gradient**2 / torch.where(below != 0, below, 1), 0)
    weights = (shares * F.relu(gradient)).sum(dim=(2, 3), keepdim=True)
    cam = F.relu((weights * maps[0]).sum(dim=1, keepdim=True))
    return from_torch(F.interpolate(cam, size=x.shape[:2], mode="bilinear", align_corners=False))[..., 0]


def score_cam(model, x, target):
    """Algorithm 1 of Wang et al. 2020 in PyTorch: masks from the last feature maps, weights by softmax of their logits."""
    maps = []
    hook = model.relu2.register_forward_hook(lambda module, inputs, output: maps.append(output))
    model(to_torch(x))
    hook.remove()
    large = F.interpolate(maps[0], size=x.shape[:2], mode="bilinear", align_corners=False)[0].detach()
    scores = []
    for one in large:
        spread = one.max() - one.min()
        mask = (one - one.min()) / (spread if spread > 0 else 1)
        scores.append(model(to_torch(x) * mask)[0, target].detach())
    weights = torch.softmax(torch.stack(scores), 0)[:, None, None]
    cam = F.relu((maps[0][0].detach() * weights).sum(0))[None, None]
    return F.interpolate(cam, size=x.shape[:2], mode="bilinear", align_corners=False)[0, 0].numpy()


def rise(model, x, target, cells, count):
    """Mean logit over the masks that show a pixel, less the mean of all: Petsiuk et al. 2018, divided by the drawn masks."""
    random = np.random.default_rng(23)
    side, cell = cells + 1, [math.ceil(length / cells) for length in x.shape[:2]]
    masks = []
    for _ in range(count):
        grid = torch.from_numpy((random.random((side, side)) < 0.5).astype(np.float64))[None, None]
        large = F.interpolate(grid, size=(side * cell[0], side * cell[1]), mode="bilinear", align_corners=False)[0, 0]
        top, left = random.integers(cell[0]), random.integers(cell[1])
        masks.append(large[top : top + x.shape[0], left : left + x.shape[1]])
    masks = torch.stack(masks)[:, None]
    scores = model(to_torch(x) * masks)[:, target].detach()
    weighed = (scores[:, None, None] * masks[:, 0]).sum(0) / masks[:, 0].sum(0)
    return (weighed - scores.mean()).numpy()


def cells_of(x, cells):
    """Number of the square that each value lies in; for a table each value by itself."""
    if x.ndim == 1:
        return np.arange(len(x))
    height, width = x.shape[:2]
    rows, columns = np.arange(height) * cells // height, np.arange(width) * cells // width
    return np.broadcast_to((rows[:, None] * cells + columns)[..., None], x.shape)


def hidden_parts(model, x, target, base, add):
    """KernelSHAP by shap, exact over all coalitions, and LIME's own regression over all of them."""
    cells = 3
    parts = cells_of(x, cells)
    count = parts.max() + 1

    def scores(coalitions):
        inputs = np.where(np.asarray(coalitions)[:, parts] > 0.5, x, base)
        batch = torch.from_numpy(inputs)
        batch = batch.permute(0, 3, 1, 2) if batch.ndim == 4 else batch
        return model(batch)[:, target].detach().numpy()

    def spread_out(worth):
        return np.asarray(worth)[parts] / np.bincount(parts.ravel())[parts]

    baseline = base.tolist() if base.any() else 0
    explainer = shap.KernelExplainer(scores, np.zeros((1, count)))
    worth = explainer.shap_values(np.ones((1, count)), nsamples=2**count, l1_reg=False, silent=True)
    add("kernel-shap", {"cells": cells, "baseline": baseline}, spread_out(np.ravel(worth)))

    every = np.array([[1 - (code >> k & 1) for k in range(count)] for code in range(2**count)], dtype=float)
    distances = pairwise_distances(every, every[:1], metric="cosine").ravel()
    fit = LimeBase(lambda d: np.sqrt(np.exp(-(d**2) / 0.25**2)))
    found = fit.explain_instance_with_data(every, scores(every)[:, None], distances, 0, count, feature_selection="none")
    weights = np.zeros(count)
    for part, weight in found[1]:
        weights[part] = weight
    add("lime", {"cells": cells, "baseline": baseline}, spread_out(weights))


def rules(model, x, target, baseline, add):
    """Maps that change the network's gradient, and those made of many gradients; of the logits only."""
    batch = to_torch(x)
    is_picture = batch.ndim == 4
    add("input-x-gradient", {}, from_torch(InputXGradient(model).attribute(batch.clone(), target=target)))
    add("guided-backpropagation", {}, from_torch(GuidedBackprop(model).attribute(batch.clone(), target=target)))

    for epsilon in [1e-6, 0.1]:
        for module in model.modules():
            if isinstance(module, (nn.Linear, nn.Conv2d)):
                module.rule = EpsilonRule(epsilon=epsilon)
        add("lrp", {"epsilon": epsilon}, from_torch(LRP(model).attribute(batch.clone(), target=target)))

    base = np.zeros_like(x) if baseline is None else baseline
    spread = float(x.max() - x.min())
    torch.manual_seed(11)
    np.random.seed(11)
    values = NoiseTunnel(Saliency(model)).attribute(
        batch.clone(), nt_type="smoothgrad", nt_samples=DRAWS, stdevs=0.15 * spread, target=target, abs=False
    )
    add("smooth-grad", {"noise": 0.15}, from_torch(values))
    values = GradientShap(model).attribute(
        batch.clone(), to_torch(base), n_samples=DRAWS, stdevs=0.05 * spread, target=target
    )
    add("gradient-shap", {"noise": 0.05, "baseline": base.tolist() if base.any() else 0}, from_torch(values))

    hidden_parts(model, x, target, base, add)
    if is_picture:
        add("score-cam", {"layer": ""}, score_cam(model, x, target))
        add("rise", {"cells": 4}, rise(model, x, target, 4, DRAWS))
        add("grad-cam++", {"layer": ""}, grad_cam_plus_plus(model, x, target))
        for kind, base in [("mean", np.broadcast_to(x.mean(axis=(0, 1)), x.shape)), ("blur", blurred(x))]:
            values = IntegratedGradients(model).attribute(
                batch, baselines=to_torch(base.copy()), target=target, n_steps=STEPS, method="riemann_middle"
            )
            add("integrated-gradients", {"steps": STEPS, "rule": "riemann_middle", "kind": kind}, from_torch(values))


def attributions(model, x, target, baseline):
    batch = to_torch(x)
    is_picture = batch.ndim == 4
    out = []

    for output, forward in [("logits", model), ("probabilities", Probabilities(model))]:

        def add(method, params, values, **more):
            out.append({"method": method, "output": output, "params": params, **numbers(values), **more})

        for absolute in [False, True]:
            values = Saliency(forward).attribute(batch.clone(), target=target, abs=absolute)
            add("saliency", {"absolute": absolute}, from_torch(values))

        for base in [np.zeros_like(x)] + ([] if baseline is None else [baseline]):
            values, delta = IntegratedGradients(forward).attribute(
                batch,
                baselines=to_torch(base),
                target=target,
                n_steps=STEPS,
                method="riemann_middle",
                return_convergence_delta=True,
            )
            params = {"steps": STEPS, "rule": "riemann_middle", "baseline": base.tolist() if base.any() else 0}
            add("integrated-gradients", params, from_torch(values), convergenceDelta=float(delta))

        for window, stride in OCCLUSIONS if is_picture else [(1, 1)]:
            channels = batch.shape[1]
            shape = (channels, window, window) if is_picture else (window,)
            strides = (channels, stride, stride) if is_picture else (stride,)
            values = Occlusion(forward).attribute(
                batch, sliding_window_shapes=shape, strides=strides, baselines=0, target=target
            )
            add("occlusion", {"window": window, "stride": stride, "baseline": 0}, from_torch(values))

        if is_picture:
            for layer, after in [(model.relu2, True), (model.conv2, False)]:
                cam = LayerGradCam(forward, layer).attribute(batch, target=target, relu_attributions=True)
                large = F.interpolate(cam, size=x.shape[:2], mode="bilinear", align_corners=False)
                add(
                    "grad-cam",
                    {"layer": 2, "afterActivation": after},
                    from_torch(large)[..., 0],
                    layerMap=numbers(from_torch(cam)[..., 0]),
                )

        if output == "logits":
            rules(model, x, target, baseline, add)
    return out


def main():
    random = np.random.default_rng(7)
    models = []
    for name, make, count in [
        ("mlp", Mlp, 3),
        ("cnn-grey-flatten", lambda: Cnn(1, 3, pooled=False), 3),
        ("cnn-colour-global", lambda: Cnn(3, 4, pooled=True), 2),
    ]:
        torch.manual_seed(3)
        # Larger than PyTorch's start values, so that the outputs and maps are far from flat.
        model = make()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(2)
        layers = model.exported()
        model = model.double().eval()

        samples = []
        for number in range(count):
            x = random.normal(size=model.input_shape) if len(model.input_shape) == 1 else random.random(model.input_shape)
            x = np.round(x, 3).astype(np.float32).astype(np.float64)
            baseline = np.array([0.5, -0.25, 0.125, 1, -1, 0.75]) if len(model.input_shape) == 1 else None
            logits = model(to_torch(x)).detach()
            assert np.allclose(run_exported(layers, x), logits[0].numpy(), atol=1e-5), name
            order = logits[0].argsort(descending=True).tolist()
            found = []
            # The predicted class; for the first sample the second best too.
            for target in order[: 2 if number == 0 else 1]:
                found += [{"target": target, **entry} for entry in attributions(model, x, target, baseline)]
            samples.append(
                {
                    "input": numbers(x),
                    "logits": logits[0].tolist(),
                    "probabilities": torch.softmax(logits, 1)[0].tolist(),
                    "attributions": found,
                }
            )
        models.append({"id": name, "inputShape": list(model.input_shape), "layers": layers, "samples": samples})

        flat = [a for s in samples for a in s["attributions"] if not np.any(a["data"])]
        print(f"{name}: {len(samples)} samples, all-zero maps: {[(a['method'], a['target'], a['params']) for a in flat]}")
        deltas = [abs(a["convergenceDelta"]) for s in samples for a in s["attributions"] if "convergenceDelta" in a]
        print(f"  largest convergence delta {max(deltas):.2e}")

    write("attributions", ["captum", "lime", "shap", "torch"], {"models": models})


if __name__ == "__main__":
    main()
