"""Mean difference of the labels by age, after AIF360's tutorial on credit scoring."""

import numpy as np
import pandas as pd
from aif360.datasets import BinaryLabelDataset
from aif360.metrics import BinaryLabelDatasetMetric

from golden import german_credit, write


def mean_difference(good, old):
    data = BinaryLabelDataset(
        df=pd.DataFrame({"age": old.astype(float), "good": good.astype(float)}),
        label_names=["good"],
        protected_attribute_names=["age"],
    )
    metric = BinaryLabelDatasetMetric(data, unprivileged_groups=[{"age": 0}], privileged_groups=[{"age": 1}])
    return metric.mean_difference()


def main():
    frame = german_credit()
    good = (frame["credit_risk"] == "good").to_numpy()
    old = (frame["age"] >= 25).to_numpy()
    order = np.random.RandomState(0).permutation(len(frame))
    first = order[:700]
    every, part = mean_difference(good, old), mean_difference(good[first], old[first])
    for found, known in [(every, -0.128550), (part, -0.169905)]:
        assert abs(found - known) < 5e-7, (found, known)
    print(f"mean difference: all {every:.6f}, first 700 {part:.6f}")
    write(
        "german-credit-mean-difference",
        ["aif360", "numpy"],
        {
            "target": "credit_risk",
            "positive": "good",
            "privileged": "age >= 25",
            "all": {"count": len(frame), "meanDifference": every},
            "first700": {"count": 700, "meanDifference": part},
            "permutation": order,
        },
    )


main()
