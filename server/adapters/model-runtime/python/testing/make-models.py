"""Real models for the tests, logged by MLflow itself, and what `mlflow.pyfunc` answers for generated rows.

    python make-models.py FOLDER

Writes a folder for each model, and `expected.json`: by model its inputs as tensors of the inference protocol, and its answers. `cases.json` has
further requests by model, each with its parameters; the answers of one that MLflow refuses are null.
"""

import base64
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
from mlflow.types.schema import Array, Object, ParamSchema, ParamSpec, Property
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

ROOT = sys.argv[1]
rng = np.random.default_rng(20)
expected = {}
cases = {}
TYPES = {"float64": "FP64", "float32": "FP32", "int64": "INT64", "int32": "INT32", "bool": "BOOL"}


# Found out by MLflow otherwise, which takes its time; the tests give all of them one lock.
PACKAGES = [f"mlflow=={mlflow.__version__}"]


def place(name):
    return os.path.join(ROOT, name)


def plain(each):
    if isinstance(each, bytes):
        return base64.b64encode(each).decode()
    if each != each:
        return None
    if isinstance(each, float) and abs(each) == np.inf:
        return "Infinity" if each > 0 else "-Infinity"
    # JavaScript's numbers are exact below that.
    return str(each) if isinstance(each, int) and abs(each) >= 2**53 else each


def values(column):
    if column.dtype.kind == "M":
        return ["" if each is pd.NaT else each.isoformat() for each in column]
    missing = None if column.dtype.kind in "biuf" else ""
    return [missing if each is None or each != each else plain(each) for each in column.tolist()]


def tensor(name, column):
    kind = TYPES.get(str(column.dtype), "BYTES")
    return {"name": name, "datatype": kind, "shape": [len(column), 1], "data": values(column)}


def array_tensor(name, array):
    return {"name": name, "datatype": TYPES.get(str(array.dtype), "BYTES"), "shape": list(array.shape), "data": array.reshape(-1).tolist()}


def flat(array):
    return [plain(each) for each in np.asarray(array).reshape(-1).tolist()]


def tensors(rows):
    if isinstance(rows, pd.DataFrame):
        return [tensor(column, rows[column]) for column in rows]
    if isinstance(rows, dict):
        return [array_tensor(key, each) for key, each in rows.items()]
    return [array_tensor("input-0", rows)]


def answers(result):
    if isinstance(result, pd.DataFrame):
        return {str(name): values(column) for name, column in result.items()}
    if isinstance(result, dict):
        return {name: values(pd.Series(each)) for name, each in result.items()}
    return {"output-0": flat(result)}


def expect(name, rows):
    expected[name] = {"inputs": tensors(rows), "answers": answers(mlflow.pyfunc.load_model(place(name)).predict(rows))}
    expect_also(name, rows[:0])


def expect_also(name, rows, params=None):
    model = mlflow.pyfunc.load_model(place(name))
    try:
        given = answers(model.predict(rows, params=params))
    except Exception:
        given = None
    cases.setdefault(name, []).append({"inputs": tensors(rows), "parameters": params or {}, "answers": given})


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


# From a file of code, as MLflow advises: what a reviewer can read. Every type of column, columns that may be left out, and parameters of every type.
EVERY = [
    "float:single", "double:real", "integer:small", "long:whole", "boolean:flag", "string:text", "datetime:when", "binary:raw",
]  # fmt: skip
REQUIRED = schema(EVERY)
CODED = os.path.join(ROOT, "coded.py")
with open(CODED, "w") as file:
    file.write(
        """import mlflow
import numpy as np
import pandas as pd


class Changer(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        rows = range(len(model_input))
        given = set(model_input.columns)
        return {
            "single": model_input["single"] / np.float32(3),
            "real": model_input["real"] * params["factor"],
            "small": model_input["small"] ^ 1,
            "whole": model_input["whole"] ^ 1,
            "flag": ~model_input["flag"],
            "text": model_input["text"] + "¿",
            "when": model_input["when"] + pd.Timedelta(days=1),
            "raw": [each[::-1] for each in model_input["raw"]],
            "extra": model_input["extra"] if "extra" in given else [float("nan") for _ in rows],
            "note": model_input["note"] if "note" in given else ["none" for _ in rows],
            "told": [repr(sorted(params.items())) for _ in rows],
        }


mlflow.models.set_model(Changer())
"""
    )
mlflow.pyfunc.save_model(
    place("coded"),
    python_model=CODED,
    signature=ModelSignature(
        Schema([*REQUIRED.inputs, ColSpec("double", "extra", required=False), ColSpec("string", "note", required=False)]),
        schema([*EVERY, "double:extra", "string:note", "string:told"]),
        ParamSchema(
            [
                ParamSpec("factor", "double", 0.5),
                ParamSpec("ratio", "float", 0.25),
                ParamSpec("shift", "long", 1),
                ParamSpec("depth", "integer", 3),
                ParamSpec("strict", "boolean", False),
                ParamSpec("mode", "string", "plain"),
                ParamSpec("since", "datetime", "2026-01-01T00:00:00"),
                ParamSpec("weights", "double", [1.0, 2.0], shape=(-1,)),
                ParamSpec("options", Object([Property("depth", "long"), Property("rate", "double", required=False)]), {"depth": 1}),
                # The protocol's own: it is never handed on.
                ParamSpec("timeout", "long", 9),
            ]
        ),
    ),
    pip_requirements=PACKAGES,
)
def beginning(array, first):
    array[: len(first)] = first
    return array


every = pd.DataFrame(
    {
        "single": beginning(rng.normal(size=24).astype("float32"), [np.nan, np.inf, -np.inf, -0.0]),
        "real": beginning(
            rng.normal(size=24) * 10.0 ** rng.integers(-200, 200, 24),
            [np.nan, np.inf, -np.inf, -0.0, 5e-324, np.finfo("float64").max],
        ),
        "small": beginning(rng.integers(-(2**31), 2**31, 24).astype("int32"), [-(2**31), 2**31 - 1]),
        "whole": beginning(rng.integers(-(2**63), 2**63 - 1, 24), [-(2**63), 2**63 - 1, 2**53 + 1]),
        "flag": rng.random(24) > 0.5,
        "text": ["", " ", "NaN", "None", "straße 🦆", "日本語", 'a"b\\c\n', "é" * 300] * 3,
        "when": pd.date_range("1969-12-30", periods=24, freq="7h").astype("datetime64[ns]"),
        "raw": [bytes(rng.integers(0, 256, n, dtype="uint8")) for n in range(24)],
    }
)
every.loc[5, "when"] = pd.NaT
extra = rng.normal(size=24)
extra[::3] = np.nan
noted = every.assign(extra=extra, note=[f"nº {n}" for n in range(24)])
expect("coded", every)
expect_also("coded", noted)
expect_also("coded", noted.drop(columns="note").head(1), {"factor": 4})
expect_also(
    "coded",
    noted.drop(columns="extra").head(3),
    {
        "factor": -1.5,
        "ratio": 0.1,
        "shift": 2**60 + 1,
        "depth": -7,
        "strict": True,
        "mode": "größer 🦆",
        "since": "2025-02-03T04:05:06",
        "weights": [3, 0.25, 2.0],
        "options": {"depth": 2**61, "rate": 2.0},
    },
)


class Adder(mlflow.pyfunc.PythonModel):
    """Columns that all may be left out, though it needs the first."""

    def predict(self, context, model_input, params=None):
        return pd.DataFrame({"sum": model_input["first"] + (model_input["second"] if "second" in model_input else 0)})


mlflow.pyfunc.save_model(
    place("free"),
    python_model=Adder(),
    signature=ModelSignature(
        Schema([ColSpec("double", name, required=False) for name in ("first", "second")]), schema(["double:sum"])
    ),
    pip_requirements=PACKAGES,
)


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
with open(os.path.join(ROOT, "cases.json"), "w") as file:
    json.dump(cases, file)
