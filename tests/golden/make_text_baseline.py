"""TF-IDF with logistic regression, both with their defaults, on sentences that are drawn here."""

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from golden import write

TELLING = [["glad", "lovely", "warm"], ["dull", "slow", "grey"], ["rain", "wind", "Snow"]]
FILLER = "the and it was Film story's of in a naïve town 42 x_y".split()


def sentences(rng, count, classes):
    texts, targets = [], []
    for i in range(count):
        target = int(i % classes)
        words = [str(word) for word in rng.choice(FILLER, size=rng.integers(3, 12))]
        if rng.uniform() < 0.8:
            words[rng.integers(len(words))] = str(rng.choice(TELLING[target]))
        texts.append(" ".join(words) + ".")
        targets.append(target)
    return texts, targets


def main():
    rng = np.random.default_rng(5)
    cases = []
    for classes in (2, 3):
        train, targets = sentences(rng, 90, classes)
        test, _ = sentences(rng, 30, classes)
        vectorizer = TfidfVectorizer()
        x = vectorizer.fit_transform(train)
        model = LogisticRegression(tol=1e-8, max_iter=5000).fit(x, targets)
        cases.append(
            {
                "classes": classes,
                "train": train,
                "targets": targets,
                "test": test,
                "words": len(vectorizer.vocabulary_),
                "largest": vectorizer.transform(test).max(axis=1).toarray().ravel(),
                "probabilities": model.predict_proba(vectorizer.transform(test)),
            }
        )
    write("text-baseline", ["scikit-learn"], {"cases": cases})


main()
