"""Searches of the portal beside MLflow's own parser and matcher (mlflow.utils.search_utils), on the same runs, with generated filters."""

import random

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.utils.search_utils import SearchUtils

VALUES = ["C:\\data\\train", "C:\\data\\", "it''s", "it's", "a_b", "axb", "100%", "100x", "", " ", "Größe", "🦆", 'say "x"', "tree", "Tree", "1"]
KEYS = ["path", "a b", "größe", "k.v.w", "is", "max"]
STEP = 1_730_000_000_123_456_789


def make_runs(client: MlflowClient, experiment: str, count: int, rng: random.Random) -> None:
    for n in range(count):
        run_id = client.create_run(experiment, start_time=STEP + n, run_name=f"run {n}").info.run_id
        some = lambda: [key for key in KEYS if rng.random() < 0.6]
        client.log_batch(
            run_id,
            metrics=[Metric(key, rng.choice([-1.5, 0.0, 1e-3, 2, 1e300]), STEP - n, STEP + n) for key in some()],
            params=[Param(key, rng.choice(VALUES)) for key in some()],
            tags=[RunTag(f"t.{key}", rng.choice(VALUES)) for key in some()],
        )


def quoted(value: str, rng: random.Random) -> str:
    marks = [mark for mark in "'\"" if mark not in value]
    mark = rng.choice(marks or ["'"])
    return f"{mark}{value}{mark}"


def name_of(key: str, rng: random.Random) -> str:
    marked = [f"`{key}`", f'"{key}"']
    return rng.choice(marked if " " in key else [key, *marked])


def comparison(rng: random.Random) -> str:
    kind = rng.choice(["param", "params", "parameters", "tag", "tags", "metric", "metrics", "attribute", "null", "bare", "time"])
    key = rng.choice(KEYS)
    if kind.startswith("metric"):
        return f"{kind}.{name_of(key, rng)} {rng.choice(['=', '!=', '>', '>=', '<', '<='])} {rng.choice(['0', '-1.5', '1e-3', '2', '.001', '1e400'])}"
    if kind == "attribute":
        text = rng.choice(["run 1", "run 2", "RUN 3", "run%", "%1", "r_n 1"])
        return f"{rng.choice(['', 'attribute.', 'attributes.', 'attr.', 'run.'])}run_name {rng.choice(['=', '!=', 'LIKE', 'ILIKE'])} {quoted(text, rng)}"
    if kind == "time":
        return f"{rng.choice(['start_time', 'created', 'attributes.start_time'])} {rng.choice(['=', '!=', '>', '>=', '<', '<='])} {STEP + rng.randrange(6)}"
    if kind == "bare":
        return rng.choice([f"{key.split()[0]} > 0.9", "status = 'RUNNING'", "status != \"FINISHED\"", "val_auc > 0.9", "end_time > 5"])
    where = rng.choice(["tags.", "params."]) if kind == "null" else f"{kind}."
    named = where + name_of(f"t.{key}" if where.startswith("tag") else key, rng)
    if kind == "null":
        return f"{named} {rng.choice(['IS NULL', 'IS NOT NULL', 'is null', 'is not null'])}"
    value = rng.choice([*VALUES, "C:\\data%", "%\\%", "tr_e", "%", "1__%"])
    return f"{named} {rng.choice(['=', '!=', 'LIKE', 'ILIKE'])} {quoted(value, rng)}"


def searched_alike(client: MlflowClient, experiment: str, count: int) -> tuple[int, int]:
    """How many filters both took, and both refused. @raises AssertionError that shows the first on which they differ."""
    rng = random.Random(11)
    make_runs(client, experiment, 12, rng)
    runs = list(client.search_runs([experiment]))
    assert len(runs) == 12
    taken = refused = 0
    for _ in range(count):
        text = rng.choice([" and ", " AND ", "  and\n"]).join(comparison(rng) for _ in range(rng.randrange(1, 4)))
        try:
            expected = {run.info.run_id for run in SearchUtils.filter(runs, text)}
        except MlflowException:
            expected = None
        try:
            actual = {run.info.run_id for run in client.search_runs([experiment], text)}
        except MlflowException as problem:
            assert problem.error_code == "INVALID_PARAMETER_VALUE", (text, problem)
            actual = None
        assert actual == expected, f"{text!r}: the portal says {actual}, MLflow {expected}"
        taken += expected is not None
        refused += expected is None
    return taken, refused
