"""Trains, evaluates and exports; records all of it with the ordinary mlflow client."""

import copy
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import mlflow
import mlflow.data
import mlflow.onnx
import numpy as np
import onnx
import onnxruntime
import pandas as pd
from mlflow.models import infer_signature
from modelworks import NotAsItShouldBe, check
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

TARGET, GROUP, THRESHOLD = "progressed", "sex", 0.65


def _commit() -> str:
    """Which code trained: a version without a known commit does not pass the provenance gate."""
    if given := os.environ.get("MODELWORKS_GIT_COMMIT"):
        return given
    found = subprocess.run(["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise NotAsItShouldBe("This script is in no git repository; set MODELWORKS_GIT_COMMIT to the commit that is to be recorded.")
    return found.stdout.strip()


def split(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Half to train, a quarter to evaluate, a quarter held out for traffic; the same rows on every machine."""
    order = np.random.default_rng(7).permutation(len(frame))
    half, rest = len(frame) // 2, len(frame) * 3 // 4
    return {"train": frame.iloc[order[:half]], "evaluate": frame.iloc[order[half:rest]], "traffic": frame.iloc[order[rest:]]}


def features(frame: pd.DataFrame) -> np.ndarray:
    return frame.drop(columns=TARGET).to_numpy(dtype="float32")


def _export(pipeline: Any, width: int, degraded: bool) -> onnx.ModelProto:
    """As ONNX; degraded on purpose, the served graph standardises with the wrong sign while the evaluated pipeline is right."""
    served = copy.deepcopy(pipeline)
    if degraded:
        served.named_steps["standardscaler"].scale_ *= -1
    return to_onnx(
        served,
        initial_types=[("features", FloatTensorType([None, width]))],
        options={id(served): {"zipmap": False}},
        target_opset={"": 18, "ai.onnx.ml": 3},
    )


def _documents(frame: pd.DataFrame, dataset: str, accuracy: float, rows: int) -> dict[str, dict[str, Any]]:
    names = [str(name) for name in frame.columns if name != TARGET]
    contract = {
        "inputs": [{"name": "features", "datatype": "FP32", "shape": [-1, len(names)], "featureNames": names}],
        "outputs": [
            {"name": "label", "datatype": "INT64", "shape": [-1]},
            {"name": "probabilities", "datatype": "FP32", "shape": [-1, 2]},
        ],
        "resources": {"cpuMilli": 500, "memoryBytes": 512 * 1024**2},
        "latencyBoundMs": 250,
        "observability": ["latency", "errors", "predictions", "feedback"],
    }
    card = {
        "summary": f"Tells from {len(names)} measurements whether diabetes progresses faster than in half of the patients.",
        "intended_use": "Ranking of cases, with a person deciding.",
        "out_of_scope": "Decisions without a person; populations other than that of the data.",
        "training_data": dataset,
        "evaluation": f"Accuracy {accuracy:.3f} on {rows} rows; required {THRESHOLD}, fixed before the run.",
        "fairness": f"Rates by {GROUP} follow from evaluation/predictions.csv.",
        "limitations": "Few rows, so wide intervals, above all within groups.",
        "ethical": f"{GROUP} and age are inputs of the model.",
        "owner": "Data science",
        "contact": "data-science@example.org",
        "licence": "Apache-2.0",
    }
    return {"contract": contract, "card": card}


def train(name: str, frame: pd.DataFrame, dataset: dict[str, Any], strength: float, degraded: bool = False) -> tuple[str, str]:
    """One run and one registered version; gives back their ids."""
    parts = split(frame)
    mlflow.set_experiment(name)
    with mlflow.start_run(run_name="degraded" if degraded else f"C={strength:g}") as run, tempfile.TemporaryDirectory() as folder:
        # Everything that is fixed before training, the threshold above all.
        mlflow.log_params({"metric": "accuracy", "threshold": THRESHOLD, "groups": GROUP, "C": strength, "degraded": degraded})
        mlflow.set_tag("mlflow.source.git.commit", _commit())
        # mlflow holds 36 characters of a digest; they are enough for the portal to find its dataset version.
        digest = dataset["manifestDigest"].removeprefix("sha256:")[:36]
        for context in ("train", "evaluate"):
            mlflow.log_input(mlflow.data.from_pandas(parts[context], targets=TARGET, name=dataset["slug"], digest=digest), context=context)

        pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000))
        pipeline.fit(features(parts["train"]), parts["train"][TARGET])
        unseen, truth = features(parts["evaluate"]), parts["evaluate"][TARGET].to_numpy()
        guess = pipeline.predict(unseen)
        accuracy = float((guess == truth).mean())
        mlflow.log_metric("accuracy", accuracy)

        base = Path(folder)
        documents = _documents(frame, f"{dataset['slug']} version {dataset['number']}", accuracy, len(truth))
        for title, document in documents.items():
            (base / f"{title}.json").write_text(json.dumps(document))
            mlflow.log_artifact(str(base / f"{title}.json"), "modelworks")
        table = pd.DataFrame({"y_true": truth, "y_pred": guess, GROUP: parts["evaluate"][GROUP].to_numpy()})
        table.to_csv(base / "predictions.csv", index=False)
        mlflow.log_artifact(str(base / "predictions.csv"), "evaluation")

        model = _export(pipeline, unseen.shape[1], degraded)
        label, probabilities = answer(model, unseen[:3])
        info = mlflow.onnx.log_model(
            model,
            name="model",
            registered_model_name=name,
            signature=infer_signature({"features": unseen[:3]}, {"label": label, "probabilities": probabilities}),
            pip_requirements=["onnxruntime", "onnx", "numpy"],
        )
        check(info.registered_model_version is not None, "mlflow registered no version.")
        return run.info.run_id, str(info.registered_model_version)


def answer(model: onnx.ModelProto, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    label, probabilities = session.run(["label", "probabilities"], {"features": rows})
    return label, probabilities
