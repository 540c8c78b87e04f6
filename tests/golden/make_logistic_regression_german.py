"""What logistic regression reaches on German credit, on ten stratified splits that are written out."""

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from golden import german_credit, write


def main():
    frame = german_credit()
    y = (frame["credit_risk"] == "good").astype(int).to_numpy()
    x = frame.drop(columns=["credit_risk", "age_group"])
    numeric = list(x.select_dtypes("number"))
    categories = list(x.columns.difference(numeric))

    def accuracy(train, test):
        model = make_pipeline(
            make_column_transformer(
                (StandardScaler(), numeric), (OneHotEncoder(handle_unknown="ignore"), categories)
            ),
            LogisticRegression(max_iter=2000),
        )
        return model.fit(x.iloc[train], y[train]).score(x.iloc[test], y[test])

    splits = []
    for seed in range(10):
        rest, test = train_test_split(np.arange(len(y)), test_size=200, stratify=y, random_state=seed)
        train, validation = train_test_split(rest, test_size=100, stratify=y[rest], random_state=seed)
        splits.append(
            {
                "seed": seed,
                "validation": np.sort(validation),
                "test": np.sort(test),
                "accuracy": accuracy(rest, test),
                "accuracyTrainOnly": accuracy(train, test),
                "majorityAccuracy": max(y[test].mean(), 1 - y[test].mean()),
            }
        )
    mean = np.mean([split["accuracy"] for split in splits])
    train_only = np.mean([split["accuracyTrainOnly"] for split in splits])
    print(f"mean accuracy: {mean:.4f} on train and validation, {train_only:.4f} on train only")
    write(
        "logistic-regression-german",
        ["scikit-learn"],
        {
            "note": "Row indices from 0; what is in neither list is train. 'accuracy' is fitted on train and validation.",
            "mean": mean,
            "meanTrainOnly": train_only,
            "splits": splits,
        },
    )


main()
