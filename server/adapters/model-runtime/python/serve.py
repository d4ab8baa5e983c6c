"""The process of one Python model: it loads the model by MLflow in the model's own environment, and answers frames on one descriptor,
one after another. The frames are those of `../onnx/child/frame.mjs`. It ends when the gateway's end closes.

    python -I serve.py DESCRIPTOR PROCESSES NICENESS
"""

import json
import os
import resource
import struct
import sys

# Python, isolated, does not look where this file is; last, so that nothing there stands in for a package of the model.
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from modelworks_tensors import PARAMETERS, WIDTHS, Refused, padded, tensors_of, texts_of, with_lengths

FD, PROCESSES, NICENESS = (int(word) for word in sys.argv[1:4])
HEADER = struct.Struct("<IIIHH")
HELLO, LOAD, UNLOAD, INFER, OK, REFUSED, FAILED = range(1, 8)
MESSAGE_CHARACTERS = 2000
# How MLflow begins what it says of a value that the type hints of a model's own code forbid.
UNHINTED = "Failed to validate data against type hint"
# What the gateway takes from a process, as in `frame.mjs`.
MAX_FRAME_BYTES = 64 * 1024**2


def read_exactly(size):
    held = bytearray(size)
    view = memoryview(held)
    at = 0
    while at < size:
        count = os.readv(FD, [view[at:]])
        if count == 0:
            os._exit(0)
        at += count
    return held


def send(number, kind, model, count, parts):
    size = HEADER.size + sum(len(part) for part in parts)
    frame = b"".join([HEADER.pack(size, number, model, kind, count), *parts])
    view = memoryview(frame)
    while view:
        view = view[os.write(FD, view) :]


def send_json(number, kind, model, value):
    text = json.dumps(value).encode()
    send(number, kind, model, 0, [text.ljust(padded(HEADER.size + len(text)) - HEADER.size)])


class Model:
    """A model that MLflow has loaded, with the signature by which it is asked."""

    def __init__(self, folder):
        global numpy, pandas, Parameter, Value, read_json
        try:
            import mlflow.pyfunc
            import numpy
            import pandas
            from modelworks_values import Parameter, Value, read_json
        except ImportError as error:
            raise Refused(f"its environment lacks what MLflow needs: {error}") from None
        self.model = mlflow.pyfunc.load_model(folder)
        signature = self.model.metadata.signature
        self.example = self.read_example(folder)
        inputs = signature.inputs if signature else None
        if inputs is None and self.example is None:
            raise Refused(
                "it was logged without a signature and without an input example, so nobody knows what it takes; "
                "log it with input_example="
            )
        self.inputs = self.values(inputs or self.inferred(self.example).inputs, "input")
        # Signatures of older releases have none.
        parameters = getattr(signature, "params", None)
        self.parameters = {spec.name: Parameter(spec) for spec in parameters or []}
        self.warm_up()
        outputs = signature.outputs if signature else None
        self.outputs = self.values(outputs or self.asked_outputs(), "output")

    def read_example(self, folder):
        try:
            return self.model.metadata.load_input_example(folder)
        except Exception:
            return None

    def warm_up(self):
        """The first answer also imports and makes what the later ones find; nobody should wait for that."""
        if self.example is None:
            return
        try:
            self.model.predict(self.example)
        except Exception as error:
            # Whoever asks is told.
            print(f"its input example: {said(error)}", file=sys.stderr)

    @staticmethod
    def values(schema, side):
        values = [Value(spec, side, index) for index, spec in enumerate(schema.to_dict())]
        names = [value.name for value in values]
        if len(set(names)) < len(names):
            raise Refused(f"its signature names an {side} twice")
        return values

    @staticmethod
    def inferred(inputs, outputs=None):
        from mlflow.models import infer_signature

        return infer_signature(inputs, outputs)

    def asked_outputs(self):
        """What it answers, found by asking it."""
        inputs = self.example if self.example is not None else self.made_inputs()
        outputs = self.inferred(inputs, self.model.predict(inputs)).outputs
        if outputs is None:
            raise Refused("its signature names no outputs, and its answer has no form that MLflow describes")
        return outputs

    def made_inputs(self):
        arrays = {}
        for index, value in enumerate(self.inputs):
            shape = [max(1, size) for size in value.shape]
            count = 1
            for size in shape:
                count *= size
            if value.datatype == "BYTES":
                text = {"string": b"", "binary": b"", "tensor": b"", "datetime": b"1970-01-01T00:00:00"}
                content = with_lengths([text.get(value.kind, b"null")] * count)
            else:
                content = bytes(count * WIDTHS[value.datatype])
            arrays[index] = value.read(shape, content)
        return self.together(arrays)

    def together(self, arrays):
        if self.inputs and not self.inputs[0].is_column:
            if len(self.inputs) == 1 and self.inputs[0].key is None:
                return arrays[0]
            return {self.inputs[index].key: array for index, array in arrays.items()}
        sizes = {len(array) for array in arrays.values()}
        if len(sizes) > 1:
            raise Refused(f"its columns have different numbers of rows: {sorted(sizes)}")
        columns = {
            index if self.inputs[index].key is None else self.inputs[index].key: array
            for index, array in arrays.items()
        }
        return pandas.DataFrame(columns)

    def parts(self, result):
        """The value of each output, by the forms in which models answer."""
        outputs = self.outputs
        if isinstance(result, list) and result and hasattr(result[0], "model_dump"):
            result = [each.model_dump() for each in result]
        if len(outputs) == 1 and outputs[0].key is None and outputs[0].is_json:
            return [result]
        if isinstance(result, list) and result and isinstance(result[0], dict):
            result = pandas.DataFrame(result)
        if isinstance(result, (dict, pandas.DataFrame)):
            keys = list(result.keys())
            named = [next((key for key in keys if str(key) == output.name), None) for output in outputs]
            if None not in named:
                return [result[key] for key in named]
            if len(keys) == len(outputs) and all(output.key is None for output in outputs):
                return [result[key] for key in keys]
            if not outputs or outputs[0].is_column or isinstance(result, dict):
                raise ValueError(f"it answers {[str(key) for key in keys]}, its signature says otherwise")
            result = result.to_numpy()
        if len(outputs) == 1:
            return [result]
        if isinstance(result, (list, tuple)) and len(result) == len(outputs) and not outputs[0].is_column:
            return list(result)
        array = numpy.asarray(result)
        if array.ndim == 2 and array.shape[1] == len(outputs):
            return [array[:, index] for index in range(len(outputs))]
        raise ValueError("its answer has another form than its signature says")

    def described(self):
        described = {
            "inputs": [value.described() for value in self.inputs],
            "outputs": [value.described() for value in self.outputs],
        }
        if self.parameters:
            described["parameters"] = [parameter.described() for parameter in self.parameters.values()]
        return described

    def predict(self, body, count):
        arrays = {}
        parameters = {}
        for index, _, shape, content in tensors_of(body, count):
            if index == PARAMETERS:
                parameters = self.read_parameters(texts_of(content)[0].decode())
                continue
            value = self.inputs[index]
            try:
                arrays[index] = value.read(shape, content)
            except (ValueError, TypeError, OverflowError) as error:
                raise Refused(f'input "{value.name}" cannot be read: {said(error)}') from None
        parts = self.parts(self.asked(self.together(dict(sorted(arrays.items()))), parameters))
        return [value.write(index, part) for (index, value), part in zip(enumerate(self.outputs), parts)]

    def read_parameters(self, text):
        try:
            sent = read_json(text)
        except ValueError as error:
            raise Refused(f"its parameters cannot be read: {error}") from None
        return {name: self.parameters[name].read(value) for name, value in sent.items()}

    def asked(self, given, parameters):
        try:
            return self.model.predict(given, params=parameters) if parameters else self.model.predict(given)
        except Exception as error:
            # What does not fit the signature or the type hints is no fault of the model; all else is.
            if str(error).startswith(UNHINTED):
                raise Refused(f"its type hints do not take what was sent: {error}") from None
            self.refuse_unfit(given)
            raise

    def refuse_unfit(self, given):
        import mlflow.models

        schema = self.model.metadata.get_input_schema()
        try:
            if schema is not None:
                mlflow.models.validate_schema(given, schema)
        except mlflow.MlflowException as error:
            raise Refused(f"its signature does not take what was sent: {error}") from None


def said(error):
    return f"{type(error).__name__}: {error}"[:MESSAGE_CHARACTERS]


def handle(models, number, kind, model, count, body):
    try:
        if kind == INFER:
            parts = models[model].predict(body, count)
            size = HEADER.size + sum(len(part) for part in parts)
            if size > MAX_FRAME_BYTES:
                raise ValueError(f"its answer takes {size >> 20} MiB, and at most {MAX_FRAME_BYTES >> 20} MiB are passed on")
            send(number, OK, model, len(parts), parts)
        elif kind == LOAD:
            asked = json.loads(bytes(body))
            loaded = models[model] = Model(os.path.dirname(asked["file"]))
            send_json(number, OK, model, loaded.described())
        elif kind == UNLOAD:
            models.pop(model, None)
            send_json(number, OK, model, {})
    except Refused as error:
        send_json(number, REFUSED, model, {"message": str(error)[:MESSAGE_CHARACTERS]})
    except MemoryError:
        send_json(number, FAILED, model, {"message": "it asked for more memory than it may have"})
    except Exception as error:
        if kind == LOAD:
            send_json(number, REFUSED, model, {"message": f"MLflow cannot load it: {said(error)}"})
        else:
            send_json(number, FAILED, model, {"message": said(error)})


def main():
    os.set_inheritable(FD, False)
    os.set_blocking(FD, True)
    os.nice(NICENESS)
    if PROCESSES > 0:
        resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES))
    # What a model prints goes where its errors go.
    os.dup2(2, 1)
    models = {}
    send_json(0, HELLO, 0, {"changedUser": os.getuid() != 0})
    while True:
        size, number, model, kind, count = HEADER.unpack(read_exactly(HEADER.size))
        handle(models, number, kind, model, count, read_exactly(size - HEADER.size))


main()
