"""Group rates and disparities by Fairlearn's MetricFrame, on German credit and on groups that lack a class."""

import fairlearn.metrics as fl
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, precision_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from golden import german_credit, write


def cell(positive, chosen):
    return lambda y_true, y_pred: int(np.sum((y_true == positive) & (y_pred == chosen)))


METRICS = {
    "count": fl.count,
    "truePositives": cell(1, 1),
    "falsePositives": cell(0, 1),
    "trueNegatives": cell(0, 0),
    "falseNegatives": cell(1, 0),
    "baseRate": lambda y_true, y_pred: float(np.mean(y_true)),
    "selectionRate": fl.selection_rate,
    "accuracy": accuracy_score,
    "truePositiveRate": fl.true_positive_rate,
    "falsePositiveRate": fl.false_positive_rate,
    "trueNegativeRate": fl.true_negative_rate,
    "falseNegativeRate": fl.false_negative_rate,
    "precision": lambda y_true, y_pred: precision_score(y_true, y_pred, zero_division=0),
}
DISPARITIES = {
    "demographicParityDifference": fl.demographic_parity_difference,
    "demographicParityRatio": fl.demographic_parity_ratio,
    "equalizedOddsDifference": fl.equalized_odds_difference,
    "equalizedOddsRatio": fl.equalized_odds_ratio,
    "equalOpportunityDifference": fl.equal_opportunity_difference,
    "equalOpportunityRatio": fl.equal_opportunity_ratio,
}
RATES = [name for name in METRICS if name != "count" and not name.endswith("tives")]


def report(y_true, y_pred, sensitive):
    frame = fl.MetricFrame(metrics=METRICS, y_true=y_true, y_pred=y_pred, sensitive_features=sensitive)
    keys = [key if isinstance(key, tuple) else (key,) for key in frame.by_group.index]
    groups = [
        {"group": dict(zip(sensitive.columns, key)), "metrics": dict(frame.by_group.iloc[i])}
        for i, key in enumerate(keys)
        if frame.by_group["count"].iloc[i] > 0
    ]
    spread = {}
    difference = frame.difference(method="between_groups")
    ratio = frame.ratio(method="between_groups")
    for name in RATES:
        spread[name] = {
            "min": frame.group_min()[name],
            "max": frame.group_max()[name],
            "difference": difference[name],
            "ratio": ratio[name],
        }
    return {
        "by": list(sensitive.columns),
        "overall": dict(frame.overall),
        "byGroup": groups,
        "spread": spread,
        "disparities": {
            name: compute(y_true, y_pred, sensitive_features=sensitive) for name, compute in DISPARITIES.items()
        },
    }


def german():
    frame = german_credit()
    y = (frame["credit_risk"] == "good").astype(int).to_numpy()
    x = frame.drop(columns=["credit_risk", "age_group"])
    numeric = list(x.select_dtypes("number"))
    train, test = train_test_split(np.arange(len(y)), test_size=0.4, stratify=y, random_state=0)
    model = make_pipeline(
        make_column_transformer(
            (StandardScaler(), numeric), (OneHotEncoder(handle_unknown="ignore"), list(x.columns.difference(numeric)))
        ),
        LogisticRegression(max_iter=2000),
    )
    model.fit(x.iloc[train], y[train])
    scores = np.round(model.predict_proba(x.iloc[test])[:, 1], 6)
    y_pred = (scores >= 0.5).astype(int)
    y_true = y[test]
    sensitive = frame.iloc[test][["sex", "age_group"]].reset_index(drop=True)
    return {
        "id": "german-credit",
        "positive": "good",
        "threshold": 0.5,
        "rows": test,
        "yTrue": y_true,
        "yPred": y_pred,
        "scores": scores,
        "sensitive": {name: sensitive[name].tolist() for name in sensitive},
        "reports": [
            report(y_true, y_pred, sensitive[["sex"]]),
            report(y_true, y_pred, sensitive[["age_group"]]),
            report(y_true, y_pred, sensitive[["sex", "age_group"]]),
        ],
    }


def degenerate():
    """One whole group, then one each without positives, without negatives, and never selected."""
    groups = {
        "whole": ([1, 1, 1, 0, 0, 0, 1, 0], [1, 1, 0, 1, 0, 0, 1, 0]),
        "no-positives": ([0, 0, 0, 0], [1, 0, 0, 0]),
        "no-negatives": ([1, 1, 1], [1, 0, 1]),
        "never-selected": ([1, 0, 1, 0, 0], [0, 0, 0, 0, 0]),
    }
    y_true = np.concatenate([t for t, _ in groups.values()])
    y_pred = np.concatenate([p for _, p in groups.values()])
    names = np.concatenate([[name] * len(t) for name, (t, _) in groups.items()])
    sensitive = pd.DataFrame({"group": names})

    def among(names_kept, compute):
        keep = np.isin(names, names_kept)
        return compute(y_true[keep], y_pred[keep], sensitive_features=sensitive[keep])

    has_positives = ["whole", "no-negatives", "never-selected"]
    has_negatives = ["whole", "no-positives", "never-selected"]

    def false_positive_gap(y_true, y_pred, sensitive_features):
        return fl.MetricFrame(
            metrics=fl.false_positive_rate, y_true=y_true, y_pred=y_pred, sensitive_features=sensitive_features
        ).difference()

    equal_opportunity = among(has_positives, fl.equal_opportunity_difference)
    false_positive = among(has_negatives, false_positive_gap)
    return {
        "id": "degenerate",
        "note": "Fairlearn counts a rate over nobody as 0. 'overDefinedGroups' is Fairlearn over the groups that have "
        "the class which the rate is taken over.",
        "yTrue": y_true,
        "yPred": y_pred,
        "sensitive": {"group": names},
        "reports": [report(y_true, y_pred, sensitive)],
        "overDefinedGroups": {
            "equalOpportunityDifference": equal_opportunity,
            "falsePositiveRateDifference": false_positive,
            "equalizedOddsDifference": max(equal_opportunity, false_positive),
        },
    }


def nobody_selected():
    y_true = np.array([1, 0, 1, 0, 1, 0])
    y_pred = np.zeros(6, dtype=int)
    sensitive = pd.DataFrame({"group": list("aaabbb")})
    return {
        "id": "nobody-selected",
        "yTrue": y_true,
        "yPred": y_pred,
        "sensitive": {"group": sensitive["group"].tolist()},
        "reports": [report(y_true, y_pred, sensitive)],
    }


def main():
    cases = [german(), degenerate(), nobody_selected()]
    for case in cases:
        for entry in case["reports"]:
            sizes = {"/".join(g["group"].values()): int(g["metrics"]["count"]) for g in entry["byGroup"]}
            print(case["id"], entry["by"], sizes, {k: round(float(v), 4) for k, v in entry["disparities"].items()})
    write("fairness", ["fairlearn", "scikit-learn"], {"cases": cases})


main()
