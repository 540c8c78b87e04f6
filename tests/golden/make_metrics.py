"""Classification metrics by scikit-learn on seeded scores, with the cases where a figure is undefined."""

import numpy as np
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from golden import write

BINS = 10


def defined(values):
    """Mean over the classes for which the figure exists."""
    values = np.asarray(values, dtype=float)
    return np.nanmean(values) if np.isfinite(values).any() else np.nan


def binary(y_true, scores, y_pred):
    """Figures about class 1; `threshold` null in the ROC curve is scikit-learn's infinity."""
    both = len(set(y_true)) == 2
    out = {"positive": 1, "brier": np.mean((scores - y_true) ** 2), "rocAuc": np.nan, "roc": None}
    if both:
        assert np.isclose(out["brier"], sk.brier_score_loss(y_true, scores))
        fpr, tpr, thresholds = sk.roc_curve(y_true, scores, drop_intermediate=False)
        out["rocAuc"] = sk.roc_auc_score(y_true, scores)
        out["averagePrecision"] = sk.average_precision_score(y_true, scores)
        out["roc"] = {"falsePositiveRate": fpr, "truePositiveRate": tpr, "threshold": thresholds}
    observed, predicted = calibration_curve(y_true, scores, n_bins=BINS, strategy="uniform") if both else ([], [])
    if both:
        edges = np.linspace(0, 1, BINS + 1)
        # scikit-learn's own rule: a score on an edge belongs to the bin below it.
        counts = np.bincount(np.searchsorted(edges[1:-1], scores), minlength=BINS)
        assert np.count_nonzero(counts) == len(observed)
        out["calibration"] = {
            "bins": BINS,
            "bin": np.flatnonzero(counts),
            "count": counts[counts > 0],
            "predicted": predicted,
            "observed": observed,
        }
    for name, score in [("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)]:
        out[name] = score(y_true, y_pred, pos_label=1, zero_division=0)
    return out


def case(name, y_true, probabilities, y_pred=None):
    y_true = np.asarray(y_true)
    probabilities = np.asarray(probabilities)
    classes = list(range(probabilities.shape[1]))
    if y_pred is None:
        y_pred = probabilities.argmax(axis=1)
    out = {
        "id": name,
        "classes": classes,
        "yTrue": y_true,
        "yPred": y_pred,
        "probabilities": probabilities,
        "accuracy": sk.accuracy_score(y_true, y_pred),
        "confusion": sk.confusion_matrix(y_true, y_pred, labels=classes),
        "logLoss": sk.log_loss(y_true, probabilities, labels=classes),
    }
    for key, zero in [("zeroWhereUndefined", 0), ("nullWhereUndefined", np.nan)]:
        precision, recall, f1, support = sk.precision_recall_fscore_support(
            y_true, y_pred, labels=classes, zero_division=zero
        )
        per_class = [
            {"precision": p, "recall": r, "f1": f, "support": s} for p, r, f, s in zip(precision, recall, f1, support)
        ]
        macro = {"precision": defined(precision), "recall": defined(recall), "f1": defined(f1)}
        judged = sk.precision_recall_fscore_support(y_true, y_pred, labels=classes, average="macro", zero_division=zero)
        assert np.allclose(list(macro.values()), judged[:3]), name
        out[key] = {"perClass": per_class, "macro": macro}
    if len(classes) == 2:
        out["binary"] = binary(y_true, probabilities[:, 1], y_pred)
    else:
        # One against the rest; null for a class that is absent or alone.
        areas = [
            sk.roc_auc_score(y_true == k, probabilities[:, k]) if 0 < np.sum(y_true == k) < len(y_true) else np.nan
            for k in classes
        ]
        out["rocAucOneVsRest"] = {"perClass": areas, "macroOverDefined": defined(areas)}
        if np.isfinite(areas).all():
            assert np.isclose(np.mean(areas), sk.roc_auc_score(y_true, probabilities, multi_class="ovr", labels=classes))
    return out


def softmax_scores(random, y_true, classes, pull, digits=6):
    logits = random.normal(size=(len(y_true), classes))
    logits[np.arange(len(y_true)), y_true] += pull
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    scores = np.round(scores, digits)
    scores[:, -1] = np.round(1 - scores[:, :-1].sum(axis=1), digits)
    return np.abs(scores)


def main():
    random = np.random.default_rng(11)
    two = random.choice(2, size=200, p=[0.65, 0.35])
    four = random.choice(4, size=240, p=[0.4, 0.3, 0.2, 0.1])
    three = random.choice(3, size=45)
    ties = random.choice(2, size=80)
    tied = np.clip(np.round(0.3 * ties + random.random(80) * 0.7, 1), 0, 1)
    never = softmax_scores(random, three, 3, 1)
    never[:, 2] = 0.01
    never[:, :2] *= (0.99 / never[:, :2].sum(axis=1))[:, None]
    absent = random.choice(3, size=40)
    cases = [
        case("two-classes", two, softmax_scores(random, two, 2, 1.2)),
        case("four-classes", four, softmax_scores(random, four, 4, 1.5)),
        case("class-never-predicted", three, never),
        case("class-absent", absent, softmax_scores(random, absent, 4, 1)),
        # A score of 0.5 counts as class 1 here: at or above the threshold.
        case("ties", ties, np.column_stack([np.round(1 - tied, 1), tied]), (tied >= 0.5).astype(int)),
        case("perfect", [0, 0, 1, 1, 1], [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.25, 0.75], [0.05, 0.95]]),
        case("one-class-only", [1, 1, 1, 1], [[0.4, 0.6], [0.6, 0.4], [0.1, 0.9], [0.25, 0.75]]),
    ]
    for entry in cases:
        auc = entry["binary"]["rocAuc"] if "binary" in entry else entry["rocAucOneVsRest"]["macroOverDefined"]
        print(f"{entry['id']}: accuracy {entry['accuracy']:.3f}, log loss {entry['logLoss']:.3f}, ROC AUC {auc:.3f}")
    write("metrics", ["scikit-learn", "numpy"], {"cases": cases})


main()
