"""Exports the pipeline as ONNX with one FP32 input `features`, and checks that it answers like scikit-learn."""

import copy
import json

import numpy as np
import onnx
import onnxruntime
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

PARITY_TOLERANCE = 1e-4


def skewed(pipeline: Pipeline, training_rows: np.ndarray) -> Pipeline:
    """A realistic serving fault: the exported graph standardises with the wrong sign, the trained pipeline stays right."""
    faulty = copy.deepcopy(pipeline)
    if "standardise" not in faulty.named_steps:
        # Trees have no such step, so the fault is a wrong one in front: it reflects each value at its training mean.
        wrong = StandardScaler().fit(training_rows)
        wrong.mean_, wrong.scale_ = 2 * wrong.mean_, -np.ones_like(wrong.scale_)
        return Pipeline([("standardise", wrong), *faulty.steps])
    faulty.named_steps["standardise"].scale_ = -faulty.named_steps["standardise"].scale_
    return faulty


def export(pipeline: Pipeline, features: list[str]) -> onnx.ModelProto:
    model = to_onnx(
        pipeline,
        initial_types=[("features", FloatTensorType([None, len(features)]))],
        options={id(pipeline): {"zipmap": False}},
        target_opset={"": 18, "ai.onnx.ml": 3},
    )
    onnx.helper.set_model_props(model, {"feature_names": json.dumps(features)})
    onnx.checker.check_model(model)
    return model


def run(model: onnx.ModelProto, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    label, probabilities = session.run(["label", "probabilities"], {"features": rows})
    return label, probabilities


def check_parity(pipeline: Pipeline, model: onnx.ModelProto, rows: np.ndarray) -> float:
    """Largest difference of a probability; raises when it is above the tolerance."""
    label, probabilities = run(model, rows)
    expected = pipeline.predict_proba(rows)
    worst = float(np.abs(expected - probabilities).max())
    if worst > PARITY_TOLERANCE:
        raise RuntimeError(f"The ONNX export differs from scikit-learn by {worst:.3g} (allowed {PARITY_TOLERANCE}); nothing was registered.")
    return worst
