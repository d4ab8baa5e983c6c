"""KServe's own model server, with models as its users write them. Serves both of its protocols on the port that is named."""

import sys

import numpy as np
from kserve import InferOutput, InferResponse, Model, ModelServer


class Doubling(Model):
    """y = 2 x, by rows of three."""

    def load(self):
        self.ready = True

    async def get_input_types(self):
        return [{"name": "x", "datatype": "FP32", "shape": [-1, 3]}]

    async def get_output_types(self):
        return [{"name": "y", "datatype": "FP32", "shape": [-1, 3]}]

    def predict(self, payload, headers=None, response_headers=None):
        if isinstance(payload, dict):
            rows = np.array(payload["instances"], np.float32)
            return {"predictions": (rows * 2).tolist()}
        x = payload.inputs[0].as_numpy()
        y = InferOutput("y", list(x.shape), "FP32")
        y.set_data_from_numpy((x * 2).astype(np.float32), binary_data=False)
        return InferResponse(payload.id or "none", self.name, [y])


class Silent(Doubling):
    """The same, but it does not say what it takes and gives."""

    async def get_input_types(self):
        return []

    async def get_output_types(self):
        return []


class Failing(Doubling):
    def predict(self, payload, headers=None, response_headers=None):
        raise RuntimeError("the weights are gone")


models = [Doubling("doubling"), Silent("silent"), Failing("failing")]
for model in models:
    model.load()
ModelServer(http_port=int(sys.argv[1]), enable_grpc=False, workers=1).start(models)
