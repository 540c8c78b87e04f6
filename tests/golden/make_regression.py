"""Metrics of predicted numbers and constant answers by scikit-learn, losses with their gradients by PyTorch."""

import numpy as np
import torch
from sklearn import metrics as sk
from sklearn.dummy import DummyRegressor

from golden import write


def scored(truth, predicted):
    return {
        "truth": truth,
        "predicted": predicted,
        "mae": sk.mean_absolute_error(truth, predicted),
        "rmse": sk.root_mean_squared_error(truth, predicted),
        "r2": sk.r2_score(truth, predicted) if len(truth) > 1 and np.ptp(truth) > 0 else np.nan,
        "medianError": sk.median_absolute_error(truth, predicted),
    }


def losses(outputs, targets):
    kinds = {
        "squared": torch.nn.functional.mse_loss,
        "absolute": torch.nn.functional.l1_loss,
        "huber": torch.nn.functional.huber_loss,
    }
    found = {"outputs": outputs, "targets": targets}
    for name, loss in kinds.items():
        leaf = torch.tensor(outputs, dtype=torch.float64, requires_grad=True)
        value = loss(leaf, torch.tensor(targets, dtype=torch.float64))
        value.backward()
        found[name] = {"loss": value.item(), "gradient": leaf.grad.numpy()}
    return found


def constants(train, truth):
    found = {"train": train, "truth": truth}
    for strategy in ("mean", "median"):
        dummy = DummyRegressor(strategy=strategy).fit(np.zeros((len(train), 1)), train)
        predicted = dummy.predict(np.zeros((len(truth), 1)))
        found[strategy] = {
            "value": predicted[0],
            "mae": sk.mean_absolute_error(truth, predicted),
            "rmse": sk.root_mean_squared_error(truth, predicted),
        }
    return found


rng = np.random.default_rng(3)
cases = {}
for count in (1, 2, 7, 50):
    truth = rng.normal(1000, 250, count)
    cases[f"{count} samples"] = scored(truth, truth + rng.normal(0, 80, count))
cases["far off"] = scored(np.arange(6.0), np.full(6, -40.0))
cases["one value"] = scored(np.full(5, 3.0), rng.normal(3, 1, 5))
cases["perfect"] = scored(np.arange(4.0), np.arange(4.0))

write(
    "regression",
    ["scikit-learn", "torch"],
    {
        "metrics": cases,
        "losses": losses(rng.normal(0, 2, 24), rng.normal(0, 1, 24)),
        "constants": constants(rng.gamma(2, 50, 31), rng.gamma(2, 50, 12)),
    },
)
