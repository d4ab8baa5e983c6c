"""Drives the gateway with tritonclient as its users do, mostly by its defaults. Ends with 0 when every answer is what was sent."""

import sys

import numpy as np
import tritonclient.http as http
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

HEADERS = {"authorization": "Bearer good"}
RANDOM = np.random.default_rng(7)
client = http.InferenceServerClient(sys.argv[1])


def anything(dtype, count):
    if dtype == np.object_:
        return np.array(["ü🦆", "", "x" * 300, 'a"\\b\n'][:count], dtype=np.object_)
    if dtype == np.bool_:
        return RANDOM.integers(0, 2, count).astype(np.bool_)
    if np.issubdtype(dtype, np.floating):
        return np.array([np.nan, np.inf, -0.1, 1.5][:count], dtype=dtype)
    return np.array([np.iinfo(dtype).max, np.iinfo(dtype).min, 0, 1][:count], dtype=dtype)


def same(got, sent):
    if sent.dtype == np.object_:
        texts = [each.decode() if isinstance(each, bytes) else each for each in got.reshape(-1)]
        return got.shape == sent.shape and texts == list(sent.reshape(-1))
    return np.array_equal(got, sent, equal_nan=np.issubdtype(sent.dtype, np.floating)) and got.dtype == sent.dtype


def ask(model, sent, binary_in=True, outputs=None, **options):
    x = http.InferInput("x", list(sent.shape), np_to_triton_dtype(sent.dtype))
    x.set_data_from_numpy(sent, binary_data=binary_in)
    # The client writes into the headers that it is given.
    return client.infer(model, [x], outputs=outputs, headers=dict(HEADERS), **options)


DTYPES = {
    "bool": np.bool_, "uint8": np.uint8, "int8": np.int8, "uint16": np.uint16, "int16": np.int16,
    "uint32": np.uint32, "int32": np.int32, "uint64": np.uint64, "int64": np.int64,
    "fp16": np.float16, "fp32": np.float32, "fp64": np.float64, "bytes": np.object_,
}  # fmt: skip
for name, dtype in DTYPES.items():
    sent = anything(dtype, 4)
    # By default all is binary, both ways.
    assert same(ask(name, sent).as_numpy("y"), sent), name
    # The client itself refuses half floats in JSON.
    for binary_in in (True,) if dtype == np.float16 else (True, False):
        for binary_out in (True, False):
            wanted = [http.InferRequestedOutput("y", binary_data=binary_out)]
            got = ask(name, sent, binary_in, wanted).as_numpy("y")
            assert same(got, sent), (name, binary_in, binary_out, got, sent)
    print(name)

for how in ("gzip", "deflate"):
    got = ask("fp32", np.ones(4, np.float32), request_compression_algorithm=how, response_compression_algorithm=how)
    assert same(got.as_numpy("y"), np.ones(4, np.float32))
print("compression")

one = np.ones(4, np.float32)
assert ask("fp32", one, model_version="1", request_id="mine").get_response()["id"] == "mine"
assert ask("fp32", one, priority=0, timeout=30_000_000).as_numpy("y") is not None
for options, words in (
    ({"model_version": "9"}, "Version 9 of fp32 does not answer"),
    ({"sequence_id": 5, "sequence_start": True}, "sequence_id"),
    ({"priority": 3}, "priority"),
    ({"parameters": {"mine": 1}}, "parameters.mine"),
):
    try:
        ask("fp32", one, **options)
        raise SystemExit(f"{options} was taken")
    except InferenceServerException as error:
        assert words in error.message(), error.message()
print("options")

scores = np.array([0.1, 0.7, 0.2], np.float32)
top = ask("fp32", scores, outputs=[http.InferRequestedOutput("y", class_count=2)]).as_numpy("y")
assert [each.decode() for each in top] == ["0.700000:1", "0.200000:2"], top
print("classification")

assert client.is_server_live() and client.is_server_ready()
assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
assert client.is_model_ready("fp32", headers=HEADERS) and client.is_model_ready("fp32", "1", headers=HEADERS)
assert not client.is_model_ready("fp32", "9", headers=HEADERS)
assert client.get_model_metadata("int64", headers=HEADERS)["inputs"][0]["datatype"] == "INT64"
assert client.get_model_config("bytes", headers=HEADERS)["input"][0]["data_type"] == "TYPE_STRING"
index = client.get_model_repository_index(headers=HEADERS)
assert {"name": "fp32", "version": "1", "state": "READY", "reason": ""} in index
statistics = client.get_inference_statistics("fp32", headers=HEADERS)["model_stats"][0]
assert statistics["inference_stats"]["success"]["count"] > 0 and statistics["inference_stats"]["fail"]["count"] > 0
assert len(client.get_inference_statistics(headers=HEADERS)["model_stats"]) == len(index)
print("about models")

scalar = np.array(2.5, np.float32)
assert same(ask("scalar", scalar).as_numpy("y"), scalar)
constant = client.infer("constant", [], headers=dict(HEADERS)).as_numpy("y")
assert constant.tolist() == [1.0, 2.0], constant
assert ask("optional", one).as_numpy("y").tolist() == [11.0] * 4
pair = [http.InferInput("id", [2], "INT64"), http.InferInput("text", [2], "BYTES")]
pair[0].set_data_from_numpy(np.array([2**60 + 1, -1]))
pair[1].set_data_from_numpy(np.array(["a", "ü"], np.object_))
got = client.infer("pair", pair, headers=dict(HEADERS))
assert got.as_numpy("same_id").tolist() == [2**60 + 1, -1] and got.as_numpy("same_text")[1].decode() == "ü"
print("shapes")
