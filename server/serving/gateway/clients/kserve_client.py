"""Drives the gateway with KServe's client as its users do. Ends with 0 when every answer is what was sent."""

import asyncio
import sys

import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

HEADERS = {"authorization": "Bearer good"}


async def main():
    client = InferenceRESTClient(RESTConfig(protocol="v2", retries=0))
    base = sys.argv[1]
    assert await client.is_server_live(base) and await client.is_server_ready(base)
    assert await client.is_model_ready(base, "fp32", headers=HEADERS)
    for model, datatype, sent in (
        ("fp32", "FP32", np.array([0.1, -2.5], np.float32)),
        ("fp16", "FP16", np.array([0.1, -2.5], np.float16)),
        ("int64", "INT64", np.array([2**60 + 1, -1])),
        ("bool", "BOOL", np.array([True, False])),
        ("bytes", "BYTES", np.array(["ü🦆".encode(), b""], np.object_)),
    ):
        for binary in (True, False):
            if datatype == "FP16" and not binary:
                continue
            for outputs in (None, [RequestedOutput("y", {"binary_data": binary})]):
                x = InferInput("x", [2], datatype)
                x.set_data_from_numpy(sent, binary_data=binary)
                request = InferRequest(model, [x], request_id="mine", request_outputs=outputs)
                if outputs is None and binary:
                    request.parameters = {"binary_data_output": True}
                answer = await client.infer(base, request, headers=dict(HEADERS), model_name=model)
                assert answer.id == "mine" and answer.model_name == model
                got = answer.outputs[0].as_numpy()
                plain = [each.encode() if isinstance(each, str) else each for each in got.tolist()]
                assert plain == sent.tolist(), (model, binary, outputs, plain)
        print(model)
    await client.close()


asyncio.run(main())
