"""Saves a model of a table with columns of numbers and words, which MLflow's scoring server then serves."""

import sys

import mlflow.pyfunc
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema


class Sums(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return pd.DataFrame({"sum": model_input["a"] + model_input["b"], "word": model_input["w"].str.upper()})


mlflow.pyfunc.save_model(
    sys.argv[1],
    python_model=Sums(),
    pip_requirements=["mlflow"],
    signature=ModelSignature(
        inputs=Schema([ColSpec("double", "a"), ColSpec("double", "b"), ColSpec("string", "w")]),
        outputs=Schema([ColSpec("double", "sum"), ColSpec("string", "word")]),
    ),
)
