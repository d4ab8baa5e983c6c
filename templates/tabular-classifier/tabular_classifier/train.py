"""Fits a scikit-learn pipeline and yields one point of each learning curve per iteration."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score, log_loss
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from .data import Split
from .settings import Settings


def matrix(frame: pd.DataFrame, features: list[str]) -> np.ndarray:
    """Served models read FP32, so training sees FP32 too."""
    return frame[features].to_numpy(dtype="float32")


def _point(truth: np.ndarray, scores: np.ndarray, name: str) -> dict[str, float]:
    return {
        f"{name}_loss": float(log_loss(truth, scores, labels=[0, 1])),
        f"{name}_accuracy": float(accuracy_score(truth, scores >= 0.5)),
    }


def _boost(settings: Settings, x: np.ndarray, y: np.ndarray) -> Iterator[GradientBoostingClassifier]:
    model = GradientBoostingClassifier(
        learning_rate=settings.learning_rate, max_depth=2, subsample=0.8, random_state=settings.seed, warm_start=True
    )
    for iteration in range(1, settings.iterations + 1):
        model.set_params(n_estimators=iteration)
        yield model.fit(x, y)


def _logistic(settings: Settings, x: np.ndarray, y: np.ndarray) -> Iterator[SGDClassifier]:
    """Logistic regression by stochastic gradient descent: each epoch is one point of the curve."""
    model = SGDClassifier(
        loss="log_loss", alpha=0.01, learning_rate="constant", eta0=settings.learning_rate / 10, random_state=settings.seed
    )
    for _ in range(settings.iterations):
        yield model.partial_fit(x, y, classes=[0, 1])


def fit(settings: Settings, split: Split) -> Iterator[tuple[int, Pipeline, dict[str, float]]]:
    """Yields (iteration, pipeline fitted so far, metrics); the last pipeline is the result."""
    y = split.train[settings.target].to_numpy()
    truth = split.evaluation[settings.target].to_numpy()
    x, unseen = matrix(split.train, split.features), matrix(split.evaluation, split.features)
    before: list[tuple[str, StandardScaler]] = []
    steps = _boost
    # Trees read raw values: rounding while standardising in FP32 could move a row across a split in the exported graph.
    if settings.algorithm == "logistic-regression":
        scaler = StandardScaler().fit(x)
        x, unseen = scaler.transform(x), scaler.transform(unseen)
        before, steps = [("standardise", scaler)], _logistic
    for iteration, model in enumerate(steps(settings, x, y), start=1):
        metrics = _point(y, model.predict_proba(x)[:, 1], "train") | _point(truth, model.predict_proba(unseen)[:, 1], "evaluation")
        yield iteration, Pipeline([*before, ("classify", model)]), metrics
