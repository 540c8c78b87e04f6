"""DeepLIFT (rescale rule) by Captum, and by shap where a max-pool meets a baseline that is not constant.

Captum 0.9 does not add up there (its own convergence delta says so); shap's explainer of the same rule does.
"""

import warnings

import numpy as np
import shap
import torch
from captum.attr import DeepLift
from golden import write
from make_attributions import Cnn, Mlp, from_torch, numbers, to_torch


class Averaging(Cnn):
    """Average instead of maximum."""

    def __init__(self):
        super().__init__(1, 3, pooled=False)
        self.pool = torch.nn.AvgPool2d(2)

    def exported(self):
        return [{**layer, "type": layer["type"].replace("max", "average")} for layer in super().exported()]


def by_captum(model, x, baseline, target):
    values, delta = DeepLift(model).attribute(x, baselines=baseline, target=target, return_convergence_delta=True)
    assert abs(delta.item()) < 1e-9, delta
    return values


def by_shap(model, x, baseline, target):
    found = shap.DeepExplainer(model, baseline).shap_values(x, check_additivity=False)
    values = torch.from_numpy(np.asarray(found)[..., target])
    change = (model(x) - model(baseline))[0, target].item()
    assert abs(values.sum().item() - change) < 1e-6, (values.sum().item(), change)
    return values


def main():
    warnings.filterwarnings("ignore")
    random = np.random.default_rng(17)
    models = []
    for name, make, judge in [
        ("mlp", Mlp, by_captum),
        ("cnn-average", Averaging, by_captum),
        ("cnn-grey-flatten", lambda: Cnn(1, 3, pooled=False), by_shap),
        ("cnn-colour-global", lambda: Cnn(3, 4, pooled=True), by_shap),
    ]:
        torch.manual_seed(5)
        model = make()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(2)
        layers = model.exported()
        model = model.double().eval()
        samples = []
        for _ in range(3):
            shape = model.input_shape
            x, base = (np.round(random.normal(size=shape), 3).astype(np.float32).astype(np.float64) for _ in range(2))
            target = int(model(to_torch(x))[0].argmax())
            values = judge(model, to_torch(x), to_torch(base), target)
            entry = {"input": numbers(x), "baseline": numbers(base), "target": target}
            samples.append({**entry, "map": numbers(from_torch(values))})
        models.append({"id": name, "inputShape": list(shape), "layers": layers, "samples": samples})
    write("deep-lift", ["captum", "shap", "torch"], {"models": models})


if __name__ == "__main__":
    main()
