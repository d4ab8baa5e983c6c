"""Loads the dataset input (or, without one, scikit-learn's diabetes data) and splits it by a keyed hash."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes

from .errors import InputProblem
from .settings import Settings

MINIMUM_ROWS = 100


@dataclass(frozen=True)
class Dataset:
    frame: pd.DataFrame
    name: str
    digest: str
    source: str


@dataclass(frozen=True)
class Split:
    features: list[str]
    train: pd.DataFrame
    evaluation: pd.DataFrame
    heldout: pd.DataFrame


def packaged_diabetes() -> pd.DataFrame:
    """442 patients (Efron et al. 2004); `progressed` is 1 when disease progression is above the median."""
    bunch = load_diabetes(scaled=False, as_frame=True)
    frame = bunch.frame.drop(columns="target")
    frame["progressed"] = (bunch.target > bunch.target.median()).astype("int64")
    return frame


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except Exception as problem:
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise InputProblem(f"{path.name} cannot be read ({reason}); upload a well-formed CSV or Parquet file.") from problem


def load(settings: Settings) -> Dataset:
    folder = settings.inputs / "dataset"
    files = sorted(p for p in folder.rglob("*") if p.suffix in {".csv", ".parquet"}) if folder.is_dir() else []
    if len(files) > 1:
        raise InputProblem(f"The input 'dataset' holds {len(files)} data files; pass a version with exactly one CSV or Parquet file.")
    if folder.is_dir() and any(folder.iterdir()) and not files:
        raise InputProblem("The input 'dataset' holds no CSV or Parquet file; choose another dataset version.")
    if files:
        computed = hashlib.sha256(files[0].read_bytes()).hexdigest()
        digest = os.environ.get("MODELWORKS_INPUT_DATASET_DIGEST") or f"sha256:{computed}"
        version = os.environ.get("MODELWORKS_INPUT_DATASET_VERSION") or files[0].stem
        return Dataset(_read(files[0]), version, digest, files[0].name)
    frame = packaged_diabetes()
    digest = "sha256:" + hashlib.sha256(frame.to_csv(index=False).encode()).hexdigest()
    return Dataset(frame, "sklearn-diabetes", digest, "sklearn.datasets.load_diabetes")


def _check(frame: pd.DataFrame, settings: Settings) -> None:
    columns = ", ".join(map(str, frame.columns))
    if settings.target not in frame.columns:
        raise InputProblem(f"There is no target column '{settings.target}'; set the parameter target to one of: {columns}.")
    values = frame[settings.target].dropna().unique()
    if frame[settings.target].isna().any() or len(values) != 2:
        raise InputProblem(
            f"The target column '{settings.target}' has {len(values)} different values and {int(frame[settings.target].isna().sum())} "
            "empty cells; it needs exactly two values and no empty cell. Choose another target or binarise it."
        )
    missing = [g for g in settings.groups if g not in frame.columns]
    if missing:
        raise InputProblem(f"There is no group column '{missing[0]}'; set the parameter groups to columns among: {columns}.")
    if len(frame) < MINIMUM_ROWS:
        raise InputProblem(f"The dataset has {len(frame)} rows; at least {MINIMUM_ROWS} are needed to train and evaluate.")
    for column in frame.columns.drop(settings.target):
        if not pd.api.types.is_numeric_dtype(frame[column]):
            raise InputProblem(f"The feature column '{column}' is not numeric; encode it as numbers or drop it from the dataset.")
        if frame[column].isna().any():
            raise InputProblem(f"The feature column '{column}' has {int(frame[column].isna().sum())} empty cells; fill or drop these rows.")
    if not np.isfinite(frame.drop(columns=settings.target).to_numpy(dtype="float64")).all():
        raise InputProblem("The feature columns hold infinite values; replace them before training.")


def _bucket(seed: int, row: int) -> float:
    """Uniform in [0, 1) and the same on every machine, so a re-run compares like with like."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{row}".encode()).digest()[:8], "big") / 2**64


def split(dataset: Dataset, settings: Settings) -> Split:
    """About 50 % train, 25 % evaluation, 25 % held out; the column `row_id` is the row's position in the dataset."""
    _check(dataset.frame, settings)
    frame = dataset.frame.reset_index(drop=True)
    features = [str(c) for c in frame.columns if c != settings.target]
    low, high = sorted(frame[settings.target].unique())
    frame[settings.target] = frame[settings.target].map({low: 0, high: 1}).astype("int64")
    frame.insert(0, "row_id", range(len(frame)))
    bucket = frame["row_id"].map(lambda row: _bucket(settings.seed, row))
    parts = [frame[bucket < 0.5], frame[(bucket >= 0.5) & (bucket < 0.75)], frame[bucket >= 0.75]]
    if any(part[settings.target].nunique() < 2 for part in parts):
        raise InputProblem(f"One class of '{settings.target}' is too rare to appear in every split; add rows of it or choose another seed.")
    return Split(features, *parts)
