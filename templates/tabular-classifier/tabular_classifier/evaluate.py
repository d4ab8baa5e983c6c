"""Offline evaluation: accuracy with its Wilson interval, confusion, and rates per group."""

import math

import pandas as pd
from sklearn.pipeline import Pipeline

from .data import Split
from .settings import Settings
from .train import matrix


def wilson(successes: int, total: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Wilson score interval (Wilson 1927); (0, 1) when nothing was measured."""
    if total == 0:
        return 0.0, 1.0
    p, d = successes / total, 1 + z * z / total
    centre = (p + z * z / (2 * total)) / d
    half = z / d * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    return max(0.0, centre - half), min(1.0, centre + half)


def _group(column: pd.Series) -> pd.Series:
    """Few values are groups as they are; age is cut at 50 years; any other number at its median."""
    if str(column.name).lower() == "age":
        return column.map(lambda value: "<50" if value < 50 else ">=50")
    if column.nunique() <= 10:
        return column.map(lambda value: f"{value:g}")
    middle = column.median()
    return column.map(lambda value: f"<{middle:g}" if value < middle else f">={middle:g}")


def predictions(settings: Settings, split: Split, pipeline: Pipeline) -> pd.DataFrame:
    rows = split.evaluation
    score = pipeline.predict_proba(matrix(rows, split.features))[:, 1]
    frame = pd.DataFrame({"row_id": rows["row_id"].to_numpy(), "y_true": rows[settings.target].to_numpy()})
    frame["y_pred"] = (score > 0.5).astype("int64")
    frame["score"] = score
    for name in settings.groups:
        frame[name] = _group(rows[name]).to_numpy()
    return frame


def _rate(part: pd.DataFrame) -> dict[str, object] | None:
    """None, not 0, when there is nothing to measure."""
    if part.empty:
        return None
    hits = int(part["y_pred"].sum())
    return {"value": hits / len(part), "interval": list(wilson(hits, len(part))), "n": len(part)}


def _fairness(frame: pd.DataFrame, groups: tuple[str, ...]) -> dict[str, object]:
    return {
        name: {
            value: {
                "n": len(part),
                "selectionRate": _rate(part),
                "truePositiveRate": _rate(part[part["y_true"] == 1]),
                "falsePositiveRate": _rate(part[part["y_true"] == 0]),
            }
            for value, part in frame.groupby(name)
        }
        for name in groups
    }


def report(settings: Settings, frame: pd.DataFrame) -> dict[str, object]:
    right = int((frame["y_true"] == frame["y_pred"]).sum())
    low, high = wilson(right, len(frame))
    counts = frame.groupby(["y_true", "y_pred"]).size()
    return {
        "metric": settings.metric,
        "value": right / len(frame),
        "n": len(frame),
        "threshold": settings.threshold,
        "thresholdFixedBeforeRun": True,
        "passed": right / len(frame) >= settings.threshold,
        "interval": {"low": low, "high": high, "confidence": 0.95, "method": "wilson"},
        "confusion": {k: int(counts.get(at, 0)) for k, at in {"tn": (0, 0), "fp": (0, 1), "fn": (1, 0), "tp": (1, 1)}.items()},
        "fairness": {"favourableOutcome": 1, "groups": _fairness(frame, settings.groups)},
    }
