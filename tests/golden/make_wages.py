"""What linear regression and gradient boosting reach on the sample of wages, on ten splits that are written out."""

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from golden import ROOT, write

frame = pd.read_csv(ROOT / "resources" / "samples" / "wages" / "wages.csv")
y = frame["wage"].to_numpy()
x = frame.drop(columns="wage")
numeric = list(x.select_dtypes("number"))
categories = list(x.columns.difference(numeric))


def figures(model, train, test):
    columns = make_column_transformer((StandardScaler(), numeric), (OneHotEncoder(handle_unknown="ignore"), categories))
    predicted = make_pipeline(columns, model).fit(x.iloc[train], y[train]).predict(x.iloc[test])
    return {"r2": r2_score(y[test], predicted), "mae": mean_absolute_error(y[test], predicted)}


splits = []
for seed in range(10):
    rest, test = train_test_split(np.arange(len(y)), test_size=107, random_state=seed)
    train, validation = train_test_split(rest, test_size=53, random_state=seed)
    splits.append(
        {
            "seed": seed,
            "validation": np.sort(validation),
            "test": np.sort(test),
            "linear": figures(LinearRegression(), train, test),
            "boosting": figures(GradientBoostingRegressor(random_state=0), train, test),
        }
    )
mean = {
    name: {key: np.mean([split[name][key] for split in splits]) for key in ("r2", "mae")}
    for name in ("linear", "boosting")
}
print(mean)
note = "Row indices from 0; what is in neither list is train, on which both are fitted."
write("wages", ["scikit-learn"], {"note": note, "mean": mean, "splits": splits})
