"""Real models for the tests, logged by MLflow itself, and what `mlflow.pyfunc` answers for generated rows.

    python make-models.py FOLDER

Writes a folder for each model, and `expected.json`: by model its inputs as tensors of the inference protocol, and its answers.
"""

import importlib.util
import json
import os
import sys
import warnings

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
warnings.filterwarnings("ignore")

import lightgbm
import mlflow
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import Array
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

ROOT = sys.argv[1]
rng = np.random.default_rng(20)
expected = {}
TYPES = {"float64": "FP64", "float32": "FP32", "int64": "INT64", "int32": "INT32", "bool": "BOOL"}


# Found out by MLflow otherwise, which takes its time; the tests give all of them one lock.
PACKAGES = [f"mlflow=={mlflow.__version__}"]


def place(name):
    return os.path.join(ROOT, name)


def plain(each):
    if each != each:
        return None
    # JavaScript's numbers are exact up to there.
    return str(each) if isinstance(each, int) and abs(each) > 2**53 else each


def values(column):
    if column.dtype.kind == "M":
        return ["" if each is pd.NaT else each.isoformat() for each in column]
    return [plain(each) for each in column.tolist()]


def tensor(name, column):
    kind = TYPES.get(str(column.dtype), "BYTES")
    return {"name": name, "datatype": kind, "shape": [len(column), 1], "data": values(column)}


def array_tensor(name, array):
    return {"name": name, "datatype": TYPES.get(str(array.dtype), "BYTES"), "shape": list(array.shape), "data": array.reshape(-1).tolist()}


def flat(array):
    return [plain(each) for each in np.asarray(array).reshape(-1).tolist()]


def answers(result):
    if isinstance(result, pd.DataFrame):
        return {str(name): values(column) for name, column in result.items()}
    if isinstance(result, dict):
        return {name: flat(each) for name, each in result.items()}
    return {"output-0": flat(result)}


def expect(name, rows):
    result = mlflow.pyfunc.load_model(place(name)).predict(rows)
    if isinstance(rows, pd.DataFrame):
        inputs = [tensor(column, rows[column]) for column in rows]
    elif isinstance(rows, dict):
        inputs = [array_tensor(key, each) for key, each in rows.items()]
    else:
        inputs = [array_tensor("input-0", rows)]
    expected[name] = {"inputs": inputs, "answers": answers(result)}


# scikit-learn: a table with numbers, a missing one among them, and texts.
table = pd.DataFrame(
    {
        "age": rng.integers(18, 90, 400),
        "income": rng.normal(40_000, 12_000, 400),
        "city": rng.choice(["Berlin", "Zürich", "Köln"], 400),
        "member": rng.random(400) > 0.5,
    }
)
label = np.where(table["income"] + 300 * table["age"] > 56_000, "good", "poor")
columns = ColumnTransformer(
    [("numbers", StandardScaler(), ["age", "income"]), ("words", OneHotEncoder(), ["city", "member"])]
)
pipeline = make_pipeline(columns, LogisticRegression(max_iter=500)).fit(table, label)
mlflow.sklearn.save_model(
    pipeline,
    place("sklearn"),
    signature=infer_signature(table, pipeline.predict(table)),
    input_example=table.head(2),
    serialization_format="cloudpickle",
    pyfunc_predict_fn="predict",
    pip_requirements=PACKAGES,
)
expect("sklearn", table.sample(60, random_state=3).reset_index(drop=True))
probabilities = pipeline.predict_proba(table)
mlflow.sklearn.save_model(
    pipeline,
    place("sklearn-proba"),
    signature=infer_signature(table, probabilities),
    serialization_format="cloudpickle",
    pyfunc_predict_fn="predict_proba",
    pip_requirements=PACKAGES,
)
expect("sklearn-proba", table.sample(25, random_state=4).reset_index(drop=True))

# LightGBM: its own booster, and missing values, which it takes.
numbers = pd.DataFrame(rng.normal(size=(300, 4)), columns=["a", "b", "c", "d"])
booster = lightgbm.train(
    {"objective": "binary", "verbose": -1, "num_threads": 1},
    lightgbm.Dataset(numbers, label=(numbers["a"] * numbers["b"] > 0).astype(int)),
    num_boost_round=15,
)
mlflow.lightgbm.save_model(
    booster,
    place("lightgbm"),
    signature=infer_signature(numbers, booster.predict(numbers)),
    pip_requirements=PACKAGES,
)
asked = numbers.sample(40, random_state=5).reset_index(drop=True)
asked.loc[asked.index % 5 == 0, "b"] = np.nan
expect("lightgbm", asked)

# XGBoost, its scikit-learn form; for some systems there is no wheel without drivers of GPUs.
if importlib.util.find_spec("xgboost"):
    import mlflow.xgboost
    import xgboost

    forest = xgboost.XGBClassifier(n_estimators=12, max_depth=3, n_jobs=1, random_state=1)
    forest.fit(numbers, (numbers["a"] * numbers["b"] > 0).astype(int))
    mlflow.xgboost.save_model(
        forest,
        place("xgboost"),
        signature=infer_signature(numbers, forest.predict(numbers)),
        pip_requirements=PACKAGES,
    )
    expect("xgboost", asked)

# Tensors, of which MLflow knows the width.
matrix = rng.normal(size=(200, 3))
linear = LinearRegression().fit(matrix, matrix @ [1.0, -2.0, 0.5])
mlflow.sklearn.save_model(
    linear,
    place("tensor"),
    signature=infer_signature(matrix, linear.predict(matrix)),
    serialization_format="cloudpickle",
    pip_requirements=PACKAGES,
)
expect("tensor", rng.normal(size=(7, 3)))



class Counter(mlflow.pyfunc.PythonModel):
    """Texts in an array, which MLflow tells apart from objects."""

    def predict(self, context, model_input, params=None):
        return np.char.str_len(model_input)


words = np.array(["a", "straße", "", "three words here"])
mlflow.pyfunc.save_model(
    place("texts"),
    python_model=Counter(),
    signature=infer_signature(words, np.char.str_len(words)),
    pip_requirements=PACKAGES,
)
expect("texts", words)

# No signature, but an example.
mlflow.sklearn.save_model(linear, place("bare"), serialization_format="cloudpickle", pip_requirements=PACKAGES)


class Reporter(mlflow.pyfunc.PythonModel):
    """Every type of column that MLflow has, in and out."""

    def predict(self, context, model_input, params=None):
        print("a model that prints to standard output")
        return pd.DataFrame(
            {
                "twice": model_input["whole"] * 2,
                "later": model_input["when"] + pd.Timedelta(days=1),
                "loud": model_input["text"].str.upper(),
                "half": (model_input["real"] / 2).astype("float32"),
                "not": ~model_input["flag"],
            }
        )


TYPED = ["long:whole", "datetime:when", "string:text", "double:real", "boolean:flag"]
ANSWERED = ["long:twice", "datetime:later", "string:loud", "float:half", "boolean:not"]


def schema(texts):
    return Schema([ColSpec(*text.split(":")) for text in texts])


rows = pd.DataFrame(
    {
        "whole": rng.integers(-(2**60), 2**60, 30),
        "when": pd.date_range("2026-01-01", periods=30, freq="7h"),
        "text": [f"straße {n}" for n in range(30)],
        "real": rng.normal(size=30),
        "flag": rng.random(30) > 0.5,
    }
)
rows["when"] = rows["when"].astype("datetime64[ns]") + pd.Timedelta(nanoseconds=1)
rows.loc[3, "when"] = pd.NaT
mlflow.pyfunc.save_model(
    place("custom"),
    python_model=Reporter(),
    signature=ModelSignature(schema(TYPED), schema(ANSWERED)),
    pip_requirements=PACKAGES,
)
expect("custom", rows)


# The same from a file of code, as MLflow advises: what a reviewer can read.
CODED = os.path.join(ROOT, "coded.py")
with open(CODED, "w") as file:
    file.write(
        """import mlflow
import pandas as pd


class Doubler(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return {"twice": model_input["whole"] * 2, "count": [len(model_input)] * len(model_input)}


mlflow.models.set_model(Doubler())
"""
    )
mlflow.pyfunc.save_model(
    place("coded"),
    python_model=CODED,
    signature=ModelSignature(schema(["long:whole"]), schema(["long:twice", "long:count"])),
    pip_requirements=PACKAGES,
)
expect("coded", rows[["whole"]])


class Former(mlflow.pyfunc.PythonModel):
    """Answers for two rows in the form that its first text says, an expression of Python by the name of an output; the rest is in order."""

    def predict(self, context, model_input, params=None):
        answer = {"long": [1, 2], "boolean": [True, False], "float": [1, 2], "string": ["a", "b"], "vector": [[1.0], [2.0]]}
        answer.update(eval(model_input["what"].iloc[0], {"np": np, "pd": pd, "given": model_input["numbers"]}))
        return answer


mlflow.pyfunc.save_model(
    place("forms"),
    python_model=Former(),
    signature=ModelSignature(
        Schema([ColSpec("string", "what"), ColSpec(Array(DataType.float), "numbers")]),
        Schema(
            [ColSpec(kind, kind) for kind in ("long", "boolean", "float", "string")]
            + [ColSpec(Array(DataType.double), "vector")]
        ),
    ),
    pip_requirements=PACKAGES,
)

# Objects by type hints, as MLflow advises for what is no table.
HINTED = os.path.join(ROOT, "hinted.py")
with open(HINTED, "w") as file:
    file.write(
        """import mlflow
import pydantic


class Row(pydantic.BaseModel):
    size: float
    label: str | None = None


class Hinted(mlflow.pyfunc.PythonModel):
    def predict(self, model_input: list[Row]) -> list[Row]:
        return [Row(size=row.size * 2, label=row.label) for row in model_input]


mlflow.models.set_model(Hinted())
"""
    )
mlflow.pyfunc.save_model(place("hinted"), python_model=HINTED, pip_requirements=PACKAGES)


class Hostile(mlflow.pyfunc.PythonModel):
    """Does what its one text says."""

    def predict(self, context, model_input, params=None):
        import base64

        what = str(model_input["what"].iloc[0])
        scope = {}
        exec(base64.b64decode(what).decode(), scope)
        return pd.DataFrame({"said": [str(scope.get("said", ""))]})


for name in ("hostile", "healthy"):
    mlflow.pyfunc.save_model(
        place(name),
        python_model=Hostile(),
        signature=ModelSignature(schema(["string:what"]), schema(["string:said"])),
        pip_requirements=PACKAGES,
    )

with open(os.path.join(ROOT, "expected.json"), "w") as file:
    json.dump(expected, file)
