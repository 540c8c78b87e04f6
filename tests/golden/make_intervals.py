"""Acceleration and BCa limits, exact permutation tests and Benjamini-Hochberg's adjusted p-values, by SciPy."""

import numpy as np
from scipy import stats

from golden import write

CELLS = [
    [{"tp": 40, "fp": 12, "tn": 60, "fn": 18}],
    [{"tp": 6, "fp": 2, "tn": 90, "fn": 12}],
    [{"tp": 40, "fp": 12, "tn": 60, "fn": 18}, {"tp": 90, "fp": 30, "tn": 45, "fn": 10}],
    [{"tp": 5, "fp": 3, "tn": 40, "fn": 9}, {"tp": 70, "fp": 20, "tn": 30, "fn": 15}],
]


def selected(counts):
    """The samples of a group: 1 where selected."""
    return np.repeat([1.0, 0.0], [counts["tp"] + counts["fp"], counts["tn"] + counts["fn"]])


def bca(groups):
    samples = [selected(counts) for counts in groups]
    if len(samples) == 1:
        statistic = lambda a, axis=-1: np.mean(a, axis=axis)
    else:
        statistic = lambda a, b, axis=-1: np.mean(a, axis=axis) - np.mean(b, axis=axis)
    found = stats.bootstrap(
        samples, statistic, n_resamples=60_000, batch=2000, method="BCa", rng=np.random.default_rng(1), vectorized=True
    )
    return {
        "groups": groups,
        "value": float(statistic(*samples)),
        "low": float(found.confidence_interval.low),
        "high": float(found.confidence_interval.high),
    }


def permutation(a, n, b, m):
    """All ways to deal a + b hits over both groups, by SciPy's hypergeometric distribution."""
    hits = np.arange(max(0, a + b - m), min(n, a + b) + 1)
    weights = stats.hypergeom(n + m, a + b, n).pmf(hits)
    differences = np.abs(hits / n - (a + b - hits) / m)
    return {"one": {"hits": a, "n": n}, "other": {"hits": b, "n": m},
            "p": float(weights[differences >= abs(a / n - b / m) - 1e-12].sum())}


def by_shuffling(a, n, b, m):
    """The same by SciPy's own permutation test, which enumerates where the samples are few."""
    one, other = np.repeat([1, 0], [a, n - a]), np.repeat([1, 0], [b, m - b])
    test = stats.permutation_test(
        (one, other), lambda x, y: abs(np.mean(x) - np.mean(y)), n_resamples=np.inf, alternative="greater"
    )
    return float(test.pvalue)


def main():
    small = permutation(5, 7, 2, 9)
    assert abs(small["p"] - by_shuffling(5, 7, 2, 9)) < 1e-12
    tables = [(5, 7, 2, 9), (0, 30, 8, 60), (120, 200, 90, 200), (700, 1000, 40, 100), (9000, 25000, 9400, 25000), (3, 3, 3, 3)]
    p = [0.001, 0.2, 0.03, 0.04, 0.04, 0.9, 0.0004]
    write("intervals", ["scipy", "numpy"], {
        "bca": [bca(groups) for groups in CELLS],
        "permutation": [permutation(*table) for table in tables],
        "correction": {"p": p, "adjusted": stats.false_discovery_control(p).tolist()},
    })


main()
