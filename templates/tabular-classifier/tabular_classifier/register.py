"""Records the run and registers the model with the ordinary mlflow client."""

import json
import os
import tempfile
from pathlib import Path

import mlflow
import mlflow.data
import mlflow.onnx
from mlflow.models import infer_signature

from . import documents, evaluate, export, train
from .data import Dataset, Split
from .settings import Settings


def _write(path: Path, value: object) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    return str(path)


def _describe(settings: Settings, dataset: Dataset, split: Split) -> None:
    """Everything that is fixed before training, the threshold above all."""
    mlflow.log_params(
        {
            "target": settings.target,
            "groups": ",".join(settings.groups),
            "algorithm": settings.algorithm,
            "iterations": settings.iterations,
            "learning_rate": settings.learning_rate,
            "metric": settings.metric,
            "threshold": settings.threshold,
            "seed": settings.seed,
        }
    )
    tags = {"modelworks.degrade": settings.degrade, "modelworks.dataset_digest": dataset.digest}
    for tag, variable in {
        "modelworks.job_id": "MODELWORKS_JOB_ID",
        "modelworks.dataset_version": "MODELWORKS_INPUT_DATASET_VERSION",
        "mlflow.source.git.commit": "MODELWORKS_GIT_COMMIT",
    }.items():
        if os.environ.get(variable):
            tags[tag] = os.environ[variable]
    mlflow.set_tags(tags)
    # mlflow allows 36 characters for a digest; the whole one is a tag of the run.
    short = dataset.digest.split(":")[-1][:36]
    for part, context in ((split.train, "training"), (split.evaluation, "evaluation")):
        source = mlflow.data.from_pandas(part.drop(columns="row_id"), targets=settings.target, name=dataset.name, digest=short)
        mlflow.log_input(source, context=context)


def _fit(settings: Settings, split: Split):
    pipeline = None
    for iteration, pipeline, metrics in train.fit(settings, split):
        mlflow.log_metrics(metrics, step=iteration)
        if iteration % 20 == 0:
            print(f"iteration {iteration}/{settings.iterations}: evaluation loss {metrics['evaluation_loss']:.4f}", flush=True)
    return pipeline


def _register(settings: Settings, split: Split, pipeline, files: dict[str, str]) -> tuple[str, float | None]:
    rows = train.matrix(split.evaluation, split.features)
    degraded = settings.degrade == "serving-skew"
    model = export.export(export.skewed(pipeline, train.matrix(split.train, split.features)) if degraded else pipeline, split.features)
    parity = None if degraded else export.check_parity(pipeline, model, rows)
    example = {"features": rows[:3]}
    label, probabilities = export.run(model, rows[:3])
    info = mlflow.onnx.log_model(
        model,
        name="model",
        registered_model_name=settings.registered_model,
        signature=infer_signature(example, {"label": label, "probabilities": probabilities}),
        input_example=example,
        pip_requirements=["onnxruntime", "onnx", "numpy"],
        metadata={"modelworks": {name: json.loads(Path(files[name]).read_text()) for name in ("contract", "card")}},
    )
    return str(info.registered_model_version), parity


def execute(settings: Settings, dataset: Dataset, split: Split) -> dict[str, object]:
    mlflow.set_experiment(settings.experiment)
    with mlflow.start_run() as active, tempfile.TemporaryDirectory() as folder:
        _describe(settings, dataset, split)
        pipeline = _fit(settings, split)
        frame = evaluate.predictions(settings, split, pipeline)
        report = evaluate.report(settings, frame)
        base = Path(folder)
        files = {
            "report": _write(base / "evaluation/report.json", report),
            "contract": _write(base / "modelworks/contract.json", documents.contract(settings, split)),
            "card": _write(base / "modelworks/card.json", documents.card(settings, dataset, split, report)),
        }
        frame.to_csv(base / "evaluation/predictions.csv", index=False)
        # Before the model is registered, because registration starts the gates that read these.
        mlflow.log_artifacts(str(base / "evaluation"), "evaluation")
        mlflow.log_artifacts(str(base / "modelworks"), "modelworks")
        mlflow.log_metric(settings.metric, report["value"])
        version, parity = _register(settings, split, pipeline, files)
        settings.outputs.mkdir(parents=True, exist_ok=True)
        split.heldout.to_csv(settings.outputs / "heldout.csv", index=False)
        summary = {
            "runId": active.info.run_id,
            "registeredModel": settings.registered_model,
            "version": version,
            "degrade": settings.degrade,
            "parity": parity,
            "target": settings.target,
            "features": split.features,
            "evaluation": report,
        }
        _write(settings.outputs / "summary.json", summary)
        return summary
