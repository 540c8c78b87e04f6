"""Thresholds by group by Fairlearn's ThresholdOptimizer, and reweighing by AIF360, on German credit."""

import json

import numpy as np
import pandas as pd
from aif360.algorithms.preprocessing import Reweighing
from aif360.datasets import BinaryLabelDataset
from aif360.metrics import BinaryLabelDatasetMetric
from fairlearn.postprocessing import ThresholdOptimizer
from sklearn.base import BaseEstimator, ClassifierMixin

from golden import DATA, german_credit, write


class Given(ClassifierMixin, BaseEstimator):
    """The scores that it is handed."""

    def fit(self, x, y):
        self.classes_ = np.array([0, 1])
        self.fitted_ = True
        return self

    def predict_proba(self, x):
        scores = np.asarray(x)[:, 0]
        return np.stack([1 - scores, scores], axis=1)


def optimised(scores, y, groups, constraint, tolerance):
    x = pd.DataFrame({"score": scores})
    found = ThresholdOptimizer(
        estimator=Given().fit(None, None), constraints=constraint, objective="accuracy_score", prefit=True,
        predict_method="predict_proba", tol=tolerance or None,
    ).fit(x, y, sensitive_features=groups)
    return found._pmf_predict(x, sensitive_features=groups)[:, 1]


def reweighed(frame, rows):
    part = frame.iloc[rows]
    data = BinaryLabelDataset(
        df=pd.DataFrame({"age": (part["age"] >= 25).astype(float).to_numpy(),
                         "good": (part["credit_risk"] == "good").astype(float).to_numpy()}),
        label_names=["good"], protected_attribute_names=["age"],
    )
    groups = dict(unprivileged_groups=[{"age": 0}], privileged_groups=[{"age": 1}])
    found = Reweighing(**groups).fit_transform(data)
    return {
        "before": BinaryLabelDatasetMetric(data, **groups).mean_difference(),
        "after": BinaryLabelDatasetMetric(found, **groups).mean_difference(),
        "weights": found.instance_weights,
    }


def main():
    [german] = [case for case in json.loads((DATA / "fairness.json").read_text())["cases"] if case["id"] == "german-credit"]
    scores, y = np.array(german["scores"]), np.array(german["yTrue"])
    cases = []
    for sensitive in ["sex", "age_group"]:
        groups = np.array(german["sensitive"][sensitive])
        for name, constraint, tolerance in [
            ("demographic-parity", "demographic_parity", 0),
            ("demographic-parity", "demographic_parity", 0.05),
            ("demographic-parity", "demographic_parity", 0.2),
            ("equal-opportunity", "true_positive_rate_parity", 0),
            ("equal-opportunity", "true_positive_rate_parity", 0.1),
            ("equalized-odds", "equalized_odds", 0),
        ]:
            chance = optimised(scores, y, groups, constraint, tolerance)
            cases.append({"sensitive": sensitive, "constraint": name, "tolerance": tolerance, "probabilities": chance})
    frame = german_credit()
    order = json.loads((DATA / "german-credit-mean-difference.json").read_text())["permutation"]
    first = reweighed(frame, order[:700])
    assert abs(first["before"] + 0.169905) < 5e-7 and abs(first["after"]) < 1e-12
    print(f"mean difference of the first 700: {first['before']:.6f} before, {abs(first['after']):.6f} after")
    write("mitigation", ["fairlearn", "aif360"], {"thresholds": cases, "reweighing": first})


main()
