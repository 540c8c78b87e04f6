"""Partial dependence and single rows by scikit-learn, accumulated local effects by PyALE, associations by SciPy.

A small network of fixed weights on correlated columns; the product's functions compute the same from the same rows.
"""

import warnings

import numpy as np
import pandas as pd
from golden import write
from PyALE import ale
from scipy.stats import spearmanr
from scipy.stats.contingency import association
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.inspection import partial_dependence

ROWS, BINS, RESOLUTION = 240, 20, 30


class Network(ClassifierMixin, BaseEstimator):
    """tanh, then the second class's probability."""

    def __init__(self, first, second):
        self.first, self.second = first, second
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = first.shape[0]

    def fit(self, x, y):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict_proba(self, x):
        logit = np.tanh(np.asarray(x, dtype=float) @ self.first) @ self.second
        p = 1 / (1 + np.exp(-logit))
        return np.stack([1 - p, p], axis=1)

    def predict(self, x):
        return self.predict_proba(x)[:, 1]


def main():
    warnings.filterwarnings("ignore")
    random = np.random.default_rng(5)
    a = random.normal(size=ROWS)
    b = 0.8 * a + 0.6 * random.normal(size=ROWS)
    count = random.integers(1, 6, size=ROWS).astype(float)
    group = np.where(a + random.normal(size=ROWS) > 0, "high", "low")
    shade = np.where(random.random(ROWS) < 0.7, group, "other")
    x = np.round(np.stack([a, b, count], axis=1), 3)
    first, second = random.normal(size=(3, 6)).round(3), random.normal(size=6).round(3)
    model = Network(first, second)
    frame = pd.DataFrame(x, columns=["a", "b", "count"])

    curves = []
    for k, name in enumerate(frame.columns):
        found = partial_dependence(
            model, x, [k], response_method="predict_proba", grid_resolution=RESOLUTION, kind="both", method="brute"
        )
        effects = ale(
            X=frame, model=model, feature=[name], feature_type="continuous", grid_size=BINS, include_CI=False, plot=False
        )
        curves.append(
            {
                "field": name,
                "grid": found["grid_values"][0],
                "average": found["average"][0],
                "individual": found["individual"][0],
                "borders": effects.index.to_numpy(),
                "effects": effects["eff"].to_numpy(),
            }
        )

    def ratio(numbers, categories):
        ranks = pd.Series(numbers).rank()
        means = ranks.groupby(categories).transform("mean")
        return float(np.sqrt(((means - ranks.mean()) ** 2).sum() / ((ranks - ranks.mean()) ** 2).sum()))

    associations = {
        "rank": abs(float(spearmanr(x[:, 0], x[:, 1]).statistic)),
        "ratio": ratio(x[:, 0], group),
        "cramer": float(association(pd.crosstab(group, shade).to_numpy(), method="cramer")),
    }
    content = {"x": x, "group": group, "shade": shade, "first": first, "second": second, "bins": BINS}
    write(
        "dependence",
        ["PyALE", "scikit-learn", "scipy"],
        {**content, "resolution": RESOLUTION, "curves": curves, "associations": associations},
    )


if __name__ == "__main__":
    main()
