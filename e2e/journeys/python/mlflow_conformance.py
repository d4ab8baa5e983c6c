"""The unmodified mlflow client against the portal, call by call as its users make them. Each check says what held; all run, whatever fails.
Needs MLFLOW_TRACKING_URI, MLFLOW_TRACKING_TOKEN and READ_ONLY_TOKEN."""

import math
import os
import sys
import tempfile
import time
import traceback
import uuid
import warnings
from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import mlflow
import mlflow_differential
import requests
import mlflow.data
import mlflow.pyfunc
import mlflow.sklearn
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LogisticRegression

warnings.filterwarnings("ignore", message=".*integer column.*")
NAME = f"conformance-{uuid.uuid4().hex[:8]}"
client = MlflowClient()
checks: list[Callable[[], None]] = []


def check(function: Callable[[], None]) -> Callable[[], None]:
    checks.append(function)
    return function


def same(actual: object, expected: object) -> None:
    assert actual == expected, f"got {actual!r}, expected {expected!r}"


def refused(code: str, call: Callable[[], object]) -> MlflowException:
    """The client must turn the answer into its own exception with this code."""
    try:
        result = call()
    except MlflowException as problem:
        same(problem.error_code, code)
        assert len(str(problem)) > 20, f"the message says nothing: {problem}"
        return problem
    raise AssertionError(f"should be refused as {code}; it gave {result!r}")


def frame() -> pd.DataFrame:
    return pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 0.5, 0.25, 0.0], "y": [0, 0, 1, 1]})


@check
def experiments() -> None:
    made = mlflow.set_experiment(NAME)
    same(mlflow.set_experiment(NAME).experiment_id, made.experiment_id)
    same(mlflow.set_experiment(experiment_id=made.experiment_id).name, NAME)
    same(mlflow.get_experiment_by_name(f"{NAME}-none"), None)
    refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_experiment(NAME))
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_experiment("999999999"))
    other = client.create_experiment(f"{NAME}-other", tags={"team": "risk"})
    client.rename_experiment(other, f"{NAME}-renamed")
    client.set_experiment_tag(other, "stage", "trial")
    same(client.get_experiment(other).tags["stage"], "trial")
    client.delete_experiment_tag(other, "stage")
    same("stage" in client.get_experiment(other).tags, False)
    client.delete_experiment(other)
    same(client.get_experiment(other).lifecycle_stage, "deleted")
    client.restore_experiment(other)
    same(client.get_experiment(other).lifecycle_stage, "active")
    found = mlflow.search_experiments(filter_string=f"name LIKE '{NAME}%'", order_by=["name ASC"])
    same([each.name for each in found], [NAME, f"{NAME}-renamed"])
    first = client.search_experiments(max_results=1, filter_string=f"name LIKE '{NAME}%'")
    second = client.search_experiments(max_results=1, filter_string=f"name LIKE '{NAME}%'", page_token=first.token)
    same({first[0].name, second[0].name}, {NAME, f"{NAME}-renamed"})
    refused("INVALID_PARAMETER_VALUE", lambda: mlflow.search_experiments(filter_string="colour = 'red'"))


@check
def runs_params_metrics_tags() -> None:
    with mlflow.start_run(run_name="first", description="A note", tags={"k": "v"}) as run:
        run_id = run.info.run_id
        mlflow.log_param("lr", 0.1)
        mlflow.log_param("lr", 0.1)
        refused("INVALID_PARAMETER_VALUE", lambda: mlflow.log_param("lr", 0.2))
        mlflow.log_params({f"p{n}": n for n in range(150)})
        mlflow.log_metric("loss", 0.5, step=1)
        mlflow.log_metric("loss", 0.25, step=2)
        mlflow.log_metrics({"a/b": 1.0, "c d": 2.0}, step=0)
        mlflow.log_metric("nan", math.nan)
        mlflow.log_metric("inf", math.inf)
        mlflow.set_tags({"x": "1", "y": "2"})
        mlflow.delete_tag("y")
        refused("RESOURCE_DOES_NOT_EXIST", lambda: mlflow.delete_tag("never"))
        now = int(time.time() * 1000)
        batch = [Metric("curve", step / 1000, now + step, step) for step in range(1000)]
        client.log_batch(run_id, metrics=batch)
        client.log_batch(run_id, params=[Param("q", "1")], tags=[RunTag("t", "1")])
        with mlflow.start_run(nested=True, run_name="child") as child:
            same(client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"], run_id)
    stored = client.get_run(run_id)
    same(stored.info.status, "FINISHED")
    same(stored.info.run_name, "first")
    same((stored.data.params["lr"], stored.data.params["p149"], stored.data.params["q"]), ("0.1", "149", "1"))
    same((stored.data.metrics["loss"], stored.data.metrics["a/b"]), (0.25, 1.0))
    assert math.isnan(stored.data.metrics["nan"]) and stored.data.metrics["inf"] > 1e300, stored.data.metrics
    same((stored.data.tags["k"], stored.data.tags["x"], "y" in stored.data.tags), ("v", "1", False))
    same(stored.data.tags["mlflow.note.content"], "A note")
    history = client.get_metric_history(run_id, "curve")
    same(([each.step for each in history], history[-1].value), (list(range(1000)), 0.999))
    with mlflow.start_run(run_id=run_id):
        mlflow.log_metric("loss", 0.125, step=3)
    client.update_run(run_id, name="renamed")
    same(client.get_run(run_id).info.run_name, "renamed")
    client.set_terminated(run_id, "FAILED")
    same(client.get_run(run_id).info.status, "FAILED")
    client.delete_run(run_id)
    same(client.get_run(run_id).info.lifecycle_stage, "deleted")
    client.restore_run(run_id)
    same(client.get_run(run_id).info.lifecycle_stage, "active")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_run("run_" + "0" * 32))
    refused("INVALID_PARAMETER_VALUE", lambda: client.log_metric(run_id, "../up", 1.0))


@check
def a_failing_block_marks_its_run() -> None:
    try:
        with mlflow.start_run() as run:
            raise KeyError("on purpose")
    except KeyError:
        same(client.get_run(run.info.run_id).info.status, "FAILED")


@check
def inputs() -> None:
    with mlflow.start_run() as run:
        mlflow.log_input(mlflow.data.from_pandas(frame(), name="table", targets="y"), context="training", tags={"split": "all"})
    (logged,) = client.get_run(run.info.run_id).inputs.dataset_inputs
    same(logged.dataset.name, "table")
    same({tag.key: tag.value for tag in logged.tags}["mlflow.data.context"], "training")
    found = mlflow.search_runs(filter_string="datasets.name = 'table'")
    same(list(found["run_id"]), [run.info.run_id])


@check
def artifacts() -> None:
    with mlflow.start_run() as run, tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        (base / "deep" / "er").mkdir(parents=True)
        (base / "deep" / "er" / "ünï 100% (a+b).txt").write_text("hällo")
        big = os.urandom(12 * 1024 * 1024)
        (base / "big.bin").write_bytes(big)
        (base / "empty.txt").write_bytes(b"")
        mlflow.log_artifacts(folder, "all")
        mlflow.log_artifact(str(base / "big.bin"))
        mlflow.log_text("text", "notes/a.txt")
        mlflow.log_dict({"a": [1, 2]}, "notes/a.json")
        figure, axes = plt.subplots()
        axes.plot([1, 2])
        mlflow.log_figure(figure, "plots/p.png")
        mlflow.log_table({"q": ["a", "b"], "n": [1, 2]}, "tables/t.json")
        run_id = run.info.run_id
    same(sorted(each.path for each in client.list_artifacts(run_id)), ["all", "big.bin", "notes", "plots", "tables"])
    listed = {each.path: (each.is_dir, each.file_size) for each in client.list_artifacts(run_id, "all")}
    same(listed, {"all/big.bin": (False, len(big)), "all/deep": (True, None), "all/empty.txt": (False, 0)})
    same(Path(client.download_artifacts(run_id, "big.bin")).read_bytes() == big, True)
    whole = Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="all"))
    same((whole / "deep" / "er" / "ünï 100% (a+b).txt").read_text(), "hällo")
    same(mlflow.artifacts.load_dict(f"runs:/{run_id}/notes/a.json"), {"a": [1, 2]})
    same(list(mlflow.load_table("tables/t.json", run_ids=[run_id])["n"]), [1, 2])
    same(client.list_artifacts(run_id, "nothing/here"), [])
    try:
        client.download_artifacts(run_id, "missing.bin")
    except Exception as problem:
        assert "missing.bin" in str(problem), problem
    else:
        raise AssertionError("a missing artifact should not download")


@check
def searching_runs() -> None:
    experiment = mlflow.set_experiment(f"{NAME}-search").experiment_id
    ids = []
    for n in range(25):
        with mlflow.start_run(run_name=f"run-{n:02d}") as run:
            mlflow.log_metric("accuracy", n / 25)
            mlflow.log_params({"kind": "tree" if n % 2 else "line", "n": n})
            mlflow.set_tag("parity", "Odd" if n % 2 else "Even")
            ids.append(run.info.run_id)

    def names(filter_string: str, **more: object) -> list[str]:
        return [run.info.run_name for run in client.search_runs([experiment], filter_string, **more)]

    same(len(names("metrics.accuracy >= 0.6 and params.kind = 'tree'")), 5)
    same(names("metrics.accuracy > 0.9", order_by=["metrics.accuracy DESC"]), ["run-24", "run-23"])
    same(names("params.n = '7'"), ["run-07"])
    same(len(names("tags.parity ILIKE 'odd'")), 12)
    same(len(names("tags.parity LIKE 'odd'")), 0)
    same(names("attributes.run_name = 'run-03'"), ["run-03"])
    same(len(names("attributes.run_name LIKE 'run-1%'")), 10)
    same(names(f"attributes.run_id IN ('{ids[0]}', '{ids[1]}')", order_by=["attributes.start_time ASC"]), ["run-00", "run-01"])
    same(len(names("attributes.status = 'FINISHED'")), 25)
    same(len(names("attributes.start_time > 0 and params.kind != 'tree'")), 13)
    seen, token = [], None
    for _ in range(5):
        page = client.search_runs([experiment], max_results=7, page_token=token, order_by=["params.n DESC", "attributes.start_time ASC"])
        seen += [run.info.run_id for run in page]
        token = page.token
        if not token:
            break
    same((len(seen), len(set(seen)), set(seen) == set(ids)), (25, 25, True))
    table = mlflow.search_runs([experiment], order_by=["metrics.accuracy ASC"])
    same((list(table["run_id"]), list(table["metrics.accuracy"])[:2]), (ids, [0.0, 0.04]))
    client.delete_run(ids[0])
    same(len(names("")), 24)
    same(names("", run_view_type=ViewType.DELETED_ONLY), ["run-00"])
    same(len(names("", run_view_type=ViewType.ALL)), 25)
    problem = refused("INVALID_PARAMETER_VALUE", lambda: client.search_runs([experiment], "metrics.accuracy >"))
    assert "accuracy" in str(problem) or "filter" in str(problem).lower(), problem
    refused("INVALID_PARAMETER_VALUE", lambda: client.search_runs([experiment], max_results=50_001))
    mlflow.set_experiment(NAME)


@check
def models() -> None:
    model_name = f"{NAME}-model"
    fitted = LogisticRegression().fit(frame()[["a", "b"]], frame()["y"])
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(
            fitted,
            name="model",
            registered_model_name=model_name,
            input_example=frame()[["a", "b"]],
            params={"solver": "lbfgs"},
            tags={"t": "1"},
        )
        mlflow.log_metric("accuracy", 1.0, model_id=info.model_id)
    same(str(info.registered_model_version), "1")
    client.set_registered_model_alias(model_name, "champion", "1")
    rows = frame()[["a", "b"]]
    expected = list(fitted.predict(rows))
    for uri in (
        f"models:/{model_name}/1",
        f"models:/{model_name}@champion",
        f"models:/{model_name}/latest",
        f"models:/{info.model_id}",
        f"runs:/{run.info.run_id}/model",
        info.model_uri,
    ):
        same(list(mlflow.pyfunc.load_model(uri).predict(rows)), expected)
    same(list(mlflow.sklearn.load_model(f"models:/{model_name}@champion").predict(rows)), expected)
    assert mlflow.models.get_model_info(f"models:/{model_name}/1").signature is not None
    second = mlflow.register_model(f"runs:/{run.info.run_id}/model", model_name)
    same(str(second.version), "2")
    third = mlflow.register_model(info.model_uri, model_name, tags={"how": "by id"})
    same((str(third.version), client.get_model_version(model_name, "3").status), ("3", "READY"))

    logged = mlflow.search_logged_models(filter_string=f"source_run_id = '{run.info.run_id}'", output_format="list")
    same([each.model_id for each in logged], [info.model_id])
    stored = mlflow.get_logged_model(info.model_id)
    same((str(stored.status.value if hasattr(stored.status, 'value') else stored.status), stored.params["solver"], stored.tags["t"]), ("READY", "lbfgs", "1"))
    same([(metric.key, metric.value) for metric in stored.metrics], [("accuracy", 1.0)])
    mlflow.set_logged_model_tags(info.model_id, {"u": "2"})
    mlflow.delete_logged_model_tag(info.model_id, "t")
    tags = mlflow.get_logged_model(info.model_id).tags
    same(("t" in tags, tags["u"]), (False, "2"))
    best = mlflow.search_logged_models(filter_string="metrics.accuracy > 0.9", order_by=[{"field_name": "metrics.accuracy", "ascending": False}], output_format="list")
    assert info.model_id in [each.model_id for each in best]
    same([each.model_id for each in client.get_run(run.info.run_id).outputs.model_outputs], [info.model_id])
    refused("RESOURCE_DOES_NOT_EXIST", lambda: mlflow.get_logged_model("m-" + "0" * 32))
    refused("RESOURCE_DOES_NOT_EXIST", lambda: mlflow.pyfunc.load_model(f"models:/{model_name}@nobody"))
    refused("RESOURCE_DOES_NOT_EXIST", lambda: mlflow.pyfunc.load_model(f"models:/{model_name}/99"))
    spare = mlflow.initialize_logged_model(name="spare")
    mlflow.finalize_logged_model(spare.model_id, "READY")
    client.delete_logged_model(spare.model_id)
    refused("RESOURCE_DOES_NOT_EXIST", lambda: mlflow.get_logged_model(spare.model_id))


@check
def registry() -> None:
    model_name = f"{NAME}-model"
    refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_registered_model(model_name))
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model(f"{model_name}-none"))
    client.update_registered_model(model_name, "What it is for")
    client.set_registered_model_tag(model_name, "team", "risk")
    client.update_model_version(model_name, "1", "The first")
    client.set_model_version_tag(model_name, "1", "data", "v1")
    client.set_registered_model_alias(model_name, "champion", "2")
    found = client.get_registered_model(model_name)
    same((found.description, found.tags["team"], found.aliases["champion"]), ("What it is for", "risk", "2"))
    same(str(client.get_model_version_by_alias(model_name, "champion").version), "2")
    version = client.get_model_version(model_name, "1")
    same((version.description, version.tags["data"], version.current_stage), ("The first", "v1", "None"))
    client.delete_model_version_tag(model_name, "1", "data")
    client.delete_registered_model_tag(model_name, "team")
    client.delete_registered_model_alias(model_name, "champion")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version_by_alias(model_name, "champion"))
    refused("INVALID_PARAMETER_VALUE", lambda: client.set_registered_model_alias(model_name, "latest", "1"))
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.set_registered_model_alias(model_name, "x", "99"))
    same({int(each.version) for each in client.search_model_versions(f"name = '{model_name}'")}, {3, 2, 1})
    by_number = ["version_number DESC"]
    first = client.search_model_versions(f"name = '{model_name}'", max_results=2, order_by=by_number)
    rest = client.search_model_versions(f"name = '{model_name}'", max_results=2, order_by=by_number, page_token=first.token)
    same([int(each.version) for each in [*first, *rest]], [3, 2, 1])
    same([each.name for each in client.search_registered_models(f"name LIKE '{NAME}%'")], [model_name])
    same([int(each.version) for each in client.get_latest_versions(model_name)], [3])
    # Nobody governs this model: its stages move as they do elsewhere.
    same(client.transition_model_version_stage(model_name, "1", "Production").current_stage, "Production")
    promoted = client.transition_model_version_stage(model_name, "2", "Production", archive_existing_versions=True)
    same(promoted.current_stage, "Production")
    same([int(each.version) for each in client.get_latest_versions(model_name, stages=["Production"])], [2])
    same(client.get_model_version(model_name, "1").current_stage, "Archived")
    staged = client.transition_model_version_stage(model_name, "1", "Archived")
    same(staged.current_stage, "Archived")
    client.delete_model_version(model_name, "3")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version(model_name, "3"))
    client.rename_registered_model(model_name, f"{model_name}-renamed")
    same(client.get_registered_model(f"{model_name}-renamed").name, f"{model_name}-renamed")
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_registered_model("a/b"))
    spare = client.create_registered_model(f"{NAME}-spare", tags={"a": "b"}, description="d")
    client.delete_registered_model(spare.name)
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model(spare.name))


def answer(path: str, body: dict[str, object]) -> tuple[int, str]:
    """What the portal says to a request that the client would never send."""
    headers = {"authorization": f"Bearer {os.environ['MLFLOW_TRACKING_TOKEN']}"}
    given = requests.post(f"{os.environ['MLFLOW_TRACKING_URI']}/api/2.0/mlflow{path}", json=body, headers=headers, timeout=60)
    return given.status_code, given.json().get("message", "")


@check
def whole_numbers_of_64_bits() -> None:
    big = 1_730_000_000_123_456_789
    run_id = client.create_run("0", start_time=big).info.run_id
    client.log_metric(run_id, "loss", 1.0, timestamp=big + 1, step=big)
    client.log_batch(run_id, metrics=[Metric("loss", 2.0, -big, -big - 1), Metric("loss", 3.0, 2**63 - 1, 2**63 - 1)])
    seen = [(each.step, each.timestamp, each.value) for each in client.get_metric_history(run_id, "loss")]
    same(seen, [(-big - 1, -big, 2.0), (big, big + 1, 1.0), (2**63 - 1, 2**63 - 1, 3.0)])
    client.set_terminated(run_id, end_time=big + 9)
    info = client.get_run(run_id).info
    same((info.start_time, info.end_time), (big, big + 9))
    found = client.search_runs(["0"], f"attributes.start_time = {big} and attributes.end_time > {big + 8} and attributes.run_id = '{run_id}'")
    same([each.info.run_id for each in found], [run_id])
    status, message = answer("/runs/log-metric", {"run_id": run_id, "key": "loss", "value": 1, "timestamp": 1, "step": 2**63})
    same((status, "for parameter 'step'" in message), (400, True))


@check
def texts_are_cut_between_characters() -> None:
    run_id = client.create_run("0").info.run_id
    for _ in range(2):
        status, message = answer("/runs/log-parameter", {"run_id": run_id, "key": "p", "value": "x" * 5999 + "\U0001f986tail"})
        same((status, message), (200, ""))
    same(client.get_run(run_id).data.params["p"], "x" * 5999 + "\U0001f986")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("u\u0308ber.txt", "\u00fcber.txt"):
            (Path(folder) / name).write_text(name)
        client.log_artifacts(run_id, folder, "texts")
    for name in ("u\u0308ber.txt", "\u00fcber.txt"):
        same(Path(client.download_artifacts(run_id, f"texts/{name}")).read_text(), name)


@check
def searches_agree_with_mlflow() -> None:
    taken, refused_by_both = mlflow_differential.searched_alike(client, client.create_experiment(f"{NAME}-grammar"), 250)
    assert taken > 150 and refused_by_both > 10, (taken, refused_by_both)
    problem = refused("INVALID_PARAMETER_VALUE", lambda: client.search_runs(["0"], "val_auc > 0.9"))
    assert "Invalid attribute key 'val_auc'" in str(problem) and "metrics.val_auc" in str(problem), problem


@check
def references_to_files_elsewhere() -> None:
    model_name = f"{NAME}-elsewhere"
    client.create_registered_model(model_name)
    for number, source in enumerate(("s3://bucket/a/1", "https://host/m", "file:///mnt/m", "runs:/no_run_of_ours/model"), start=1):
        made = client.create_model_version(model_name, source, run_id="no_run_of_ours", run_link="https://ci/1", tags={"a": "b"}, description="d")
        same((made.version, made.source, made.run_id, made.run_link, made.status), (str(number), source, "no_run_of_ours", "https://ci/1", "READY"))
        same(client.get_model_version_download_uri(model_name, str(number)), source)
    same([int(each.version) for each in client.search_model_versions("run_id = 'no_run_of_ours'")][:4], [4, 3, 2, 1])
    client.set_registered_model_alias(model_name, "good", "1")
    copy = client.copy_model_version(f"models:/{model_name}@good", f"{model_name}-copy")
    same((copy.version, copy.source, copy.run_id, copy.tags, copy.description), ("1", f"models:/{model_name}/1", "no_run_of_ours", {"a": "b"}, "d"))
    same(client.get_model_version_download_uri(copy.name, "1"), "s3://bucket/a/1")
    refused("INTERNAL_ERROR", lambda: client.copy_model_version(f"models:/{model_name}/77", f"{model_name}-never"))
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model(f"{model_name}-never"))
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_model_version(model_name, "s3://bucket/../other"))
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_registered_model(".."))
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_experiment(f"{NAME}-s3", artifact_location="s3://bucket/runs"))
    latest = [each.latest_versions for each in client.search_registered_models(f"name = '{model_name}'")]
    same([[int(each.version) for each in versions] for versions in latest], [[4]])


@check
def words_that_scripts_look_for() -> None:
    run_id = client.create_run("0").info.run_id
    expected: list[tuple[str, dict[str, object], str]] = [
        ("/runs/set-tag", {"key": "a", "value": "b"}, "Missing value for required parameter 'run_id'"),
        ("/runs/set-tag", {"run_id": run_id, "key": "a", "value": 41}, "Invalid value 41 for parameter 'value' supplied"),
        ("/runs/set-tag", {"run_id": "0" * 32, "key": "a", "value": "b"}, f"Run with id={'0' * 32} not found"),
        ("/runs/delete-tag", {"run_id": run_id, "key": "never"}, "No tag with name: never"),
        ("/runs/log-batch", {"run_id": run_id, "metrics": "foo"}, "Invalid value \"foo\" for parameter 'metrics' supplied"),
        ("/runs/log-batch", {"run_id": run_id, "metrics": [{"key": "a", "value": 1}]}, "Missing value for required parameter 'metrics[0].timestamp'"),
        ("/experiments/create", {"name": f"{NAME}-x", "tags": "5"}, "Invalid value \"5\" for parameter 'tags'"),
        ("/experiments/delete", {"experiment_id": "999999999"}, "No Experiment with id=999999999 exists"),
        ("/registered-models/rename", {"name": f"{NAME}-no", "new_name": "b"}, f"Registered Model with name={NAME}-no not found"),
        ("/model-versions/transition-stage", {"name": f"{NAME}-no", "version": "1", "stage": "None"}, f"Registered Model with name={NAME}-no not found"),
    ]
    for path, body, words in expected:
        message = answer(path, body)[1]
        assert words in message, f"{path} {body}: {message}"
    problem = refused("INVALID_PARAMETER_VALUE", lambda: client.get_model_version(f"{NAME}-no", "one"))
    assert "Parameter 'version' must be an integer, got 'one'." in str(problem), problem
    client.delete_run(run_id)
    problem = refused("INVALID_PARAMETER_VALUE", lambda: client.set_tag(run_id, "a", "b"))
    assert f"The run {run_id} must be in the 'active' state" in str(problem), problem


@check
def autolog() -> None:
    mlflow.sklearn.autolog()
    try:
        with mlflow.start_run() as run:
            LogisticRegression(C=0.5).fit(frame()[["a", "b"]], frame()["y"])
    finally:
        mlflow.sklearn.autolog(disable=True)
    stored = client.get_run(run.info.run_id)
    same(stored.data.params["C"], "0.5")
    assert "training_accuracy_score" in stored.data.metrics, stored.data.metrics
    same([each.name for each in mlflow.search_logged_models(filter_string=f"source_run_id = '{run.info.run_id}'", output_format="list")], ["model"])


@check
def asynchronous_logging() -> None:
    with mlflow.start_run() as run:
        for step in range(50):
            mlflow.log_metric("m", step, step=step, synchronous=False)
        mlflow.flush_async_logging()
    same(len(client.get_metric_history(run.info.run_id, "m")), 50)


@check
def permissions() -> None:
    token = os.environ["MLFLOW_TRACKING_TOKEN"]
    try:
        os.environ["MLFLOW_TRACKING_TOKEN"] = os.environ["READ_ONLY_TOKEN"]
        same(client.get_experiment_by_name(NAME).name, NAME)
        refused("PERMISSION_DENIED", lambda: client.create_experiment(f"{NAME}-forbidden"))
        os.environ["MLFLOW_TRACKING_TOKEN"] = "mw_not-a-token-that-anybody-ever-made"
        refused("UNAUTHENTICATED", lambda: client.get_experiment_by_name(NAME))
    finally:
        os.environ["MLFLOW_TRACKING_TOKEN"] = token


def main() -> int:
    failed = 0
    for function in checks:
        begun = time.monotonic()
        try:
            function()
            print(f"ok   {function.__name__} ({time.monotonic() - begun:.1f} s)", flush=True)
        except Exception:
            failed += 1
            print(f"FAIL {function.__name__}\n{traceback.format_exc()}", flush=True)
    print(f"mlflow {mlflow.__version__}: {len(checks) - failed} held, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
