"""Reads the parameters. A command line argument wins over MODELWORKS_PARAM_<NAME>, which wins over the default."""

import argparse
import os
import re
from dataclasses import dataclass
from pathlib import Path

from .errors import InputProblem

ALGORITHMS = ("gradient-boosting", "logistic-regression")
DEGRADE = ("none", "serving-skew")
# name: (type, default)
PARAMETERS = {
    "target": (str, "progressed"),
    "groups": (str, "sex,age"),
    "algorithm": (str, "logistic-regression"),
    "iterations": (int, "80"),
    "learningRate": (float, "0.05"),
    "metric": (str, "accuracy"),
    "threshold": (float, "0.65"),
    "seed": (int, "7"),
    "experiment": (str, "diabetes-progression"),
    "registeredModel": (str, "diabetes-progression"),
    "owner": (str, "Data science"),
    "contact": (str, "data-science@demo.local"),
    "latencyBoundMs": (int, "50"),
    "degrade": (str, "none"),
}


@dataclass(frozen=True)
class Settings:
    target: str
    groups: tuple[str, ...]
    algorithm: str
    iterations: int
    learning_rate: float
    metric: str
    threshold: float
    seed: int
    experiment: str
    registered_model: str
    owner: str
    contact: str
    latency_bound_ms: int
    degrade: str
    inputs: Path
    outputs: Path


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def _from_environment(name: str, default: str) -> str:
    """The environment name may keep the words together (LEARNINGRATE) or apart (LEARNING_RATE)."""
    for key in (name.upper(), _snake(name).upper()):
        if f"MODELWORKS_PARAM_{key}" in os.environ:
            return os.environ[f"MODELWORKS_PARAM_{key}"]
    return default


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InputProblem(f"Parameter {name} is {value}; choose a value from {low} to {high}.")


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputProblem(f"Parameter {name} is '{value}'; choose one of: {', '.join(allowed)}.")


def _check(settings: Settings) -> Settings:
    _one_of("algorithm", settings.algorithm, ALGORITHMS)
    _one_of("metric", settings.metric, ("accuracy",))
    _one_of("degrade", settings.degrade, DEGRADE)
    _within("iterations", settings.iterations, 30, 1000)
    _within("learningRate", settings.learning_rate, 0.001, 1)
    _within("threshold", settings.threshold, 0, 1)
    _within("latencyBoundMs", settings.latency_bound_ms, 1, 60000)
    return settings


def read_settings(arguments: list[str]) -> Settings:
    parser = argparse.ArgumentParser(description="Train and register a tabular binary classifier.")
    for name in PARAMETERS:
        parser.add_argument(f"--{name}")
    given = vars(parser.parse_args(arguments))
    values: dict[str, object] = {}
    for name, (kind, default) in PARAMETERS.items():
        text = given[name] if given[name] is not None else _from_environment(name, default)
        try:
            values[_snake(name)] = kind(text)
        except ValueError:
            raise InputProblem(f"Parameter {name} is '{text}', which is not a valid {kind.__name__}; correct it in the form.") from None
    values["groups"] = tuple(part.strip() for part in str(values["groups"]).split(",") if part.strip())
    inputs = Path(os.environ.get("MODELWORKS_INPUTS", "inputs"))
    outputs = Path(os.environ.get("MODELWORKS_OUTPUTS", "outputs"))
    return _check(Settings(inputs=inputs, outputs=outputs, **values))
