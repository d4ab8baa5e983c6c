"""Asks a Python model through the gateway, with tritonclient by its defaults, with tritonclient in JSON, and with Python's own JSON and HTTP.

    python python_models.py HOST:PORT DEPLOYMENT FOLDER MODEL

In FOLDER lies what `make-models.py` wrote: requests, and what `mlflow.pyfunc` answers to each. Ends with 0 when every way has the same answer.
"""

import json
import math
import os
import sys
import urllib.error
import urllib.request

import numpy as np
import tritonclient.http as http
from tritonclient.utils import InferenceServerException, triton_to_np_dtype

ADDRESS, DEPLOYMENT, FOLDER, MODEL = sys.argv[1:5]
HEADERS = {"authorization": "Bearer any"}
client = http.InferenceServerClient(ADDRESS)


def number(datatype, value):
    """A number as Python has it: the file writes those that JSON or JavaScript lack as texts."""
    if datatype.startswith("FP"):
        return math.nan if value is None else float(value)
    return int(value) if datatype.startswith("INT") else value


def values_of(tensor):
    return [number(tensor["datatype"], value) for value in tensor["data"]]


def by_triton(case, binary):
    inputs = []
    for tensor in case["inputs"]:
        array = np.array(values_of(tensor), dtype=triton_to_np_dtype(tensor["datatype"])).reshape(tensor["shape"])
        sent = http.InferInput(tensor["name"], tensor["shape"], tensor["datatype"])
        sent.set_data_from_numpy(array, binary_data=binary)
        inputs.append(sent)
    wanted = None if binary else [http.InferRequestedOutput(name, binary_data=False) for name in case["answers"]]
    # A model's parameter of the same name is never handed on.
    answer = client.infer(
        DEPLOYMENT,
        inputs,
        outputs=wanted,
        headers=dict(HEADERS),
        timeout=30_000_000,
        parameters=case["parameters"] or None,
    )
    return {output["name"]: answer.as_numpy(output["name"]) for output in answer.get_response()["outputs"]}


def post(inputs, parameters):
    body = json.dumps({"inputs": inputs, "parameters": parameters}).encode()
    headers = {**HEADERS, "content-type": "application/json"}
    asked = urllib.request.Request(f"http://{ADDRESS}/v2/models/{DEPLOYMENT}/infer", body, headers)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return json.load(answer)["outputs"]


def by_json(case):
    inputs = [{**tensor, "data": values_of(tensor)} for tensor in case["inputs"]]
    return {
        output["name"]: np.array(values_of(output), dtype=triton_to_np_dtype(output["datatype"])).reshape(output["shape"])
        for output in post(inputs, case["parameters"])
    }


def as_written(value):
    """As the file has it."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return str(value) if type(value) is int and abs(value) >= 2**53 else value


def check(case, given, how):
    assert given.keys() == case["answers"].keys(), (how, list(given))
    rows = case["inputs"][0]["shape"][0]
    for name, wanted in case["answers"].items():
        array = given[name]
        assert array.shape == (rows, 1), (how, name, array.shape)
        got = [as_written(value) for value in array.reshape(-1).tolist()]
        assert repr(got) == repr([float(w) if isinstance(g, float) else w for g, w in zip(got, wanted, strict=True)]), (how, name, got, wanted)


def read(name):
    with open(os.path.join(FOLDER, name)) as file:
        return json.load(file)[MODEL]


cases = [{**read("expected.json"), "parameters": {}}, *read("cases.json")]
for case in cases:
    check(case, by_triton(case, True), "tritonclient")
    check(case, by_triton(case, False), "tritonclient, JSON")
    check(case, by_json(case), "JSON")
    print(len(case["answers"]), "outputs,", case["inputs"][0]["shape"][0], "rows")

first = cases[0]
for change, words in (
    ({"parameters": {"factor": "much"}}, "parameters.factor is not what the model's signature says"),
    ({"parameters": {"weights": 1}}, "parameters.weights is not what the model's signature says"),
    ({"parameters": {"mine": 1}}, "parameters.mine: is no parameter of this model; there is binary_data_output, priority, timeout, factor"),
    ({"inputs": first["inputs"][1:]}, f"lacks {first['inputs'][0]['name']}"),
):
    case = {**first, **change}
    try:
        by_triton(case, True)
        raise SystemExit(f"{change} was taken")
    except InferenceServerException as error:
        assert words in error.message() and "400" in str(error.status()), (error.status(), error.message())
    try:
        post([{**tensor, "data": values_of(tensor)} for tensor in case["inputs"]], case["parameters"])
        raise SystemExit(f"{change} was taken")
    except urllib.error.HTTPError as error:
        told = json.load(error)["error"]
        assert error.code == 400 and words in told, (error.code, told)
print("refusals")

config = client.get_model_config(DEPLOYMENT, headers=HEADERS)
assert client.get_model_metadata(DEPLOYMENT, headers=HEADERS)["platform"] == config["platform"] == "mlflow_pyfunc", config
assert [each["name"] for each in config["input"] if each.get("optional")] == ["extra", "note"], config
print("config")
