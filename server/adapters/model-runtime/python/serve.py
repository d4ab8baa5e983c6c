"""The process of one Python model: it loads the model by MLflow in the model's own environment, and answers frames on one descriptor,
one after another. The frames are those of `../onnx/child/frame.mjs`. It ends when the gateway's end closes.

    python -I serve.py DESCRIPTOR PROCESSES NICENESS
"""

import base64
import json
import os
import resource
import struct
import sys

FD, PROCESSES, NICENESS = (int(word) for word in sys.argv[1:4])
HEADER = struct.Struct("<IIIHH")
TENSOR_HEAD = struct.Struct("<HBBI")
HELLO, LOAD, UNLOAD, INFER, OK, REFUSED, FAILED = range(1, 8)
# The order is the wire's. There is no NumPy type for BF16.
NAMES = "BOOL UINT8 UINT16 UINT32 UINT64 INT8 INT16 INT32 INT64 FP16 BF16 FP32 FP64 BYTES".split()
CODES = "? <u1 <u2 <u4 <u8 <i1 <i2 <i4 <i8 <f2 - <f4 <f8 -".split()
DATATYPES = {name: None if code == "-" else code for name, code in zip(NAMES, CODES)}
WIDTHS = {name: int(code[-1]) if code[-1].isdigit() else 1 for name, code in DATATYPES.items() if code}
# Types of MLflow's columns; every other is BYTES: bytes travel as base64, as MLflow's own server has them, lists, objects and maps as JSON texts.
COLUMNS = {"boolean": "BOOL", "integer": "INT32", "long": "INT64", "float": "FP32", "double": "FP64"}
MESSAGE_CHARACTERS = 2000
# What the gateway takes from a process, as in `frame.mjs`.
MAX_FRAME_BYTES = 64 * 1024**2


class Refused(Exception):
    """A model that cannot be served, or a value that it cannot be given, in words."""


def padded(size):
    return (size + 7) & ~7


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


def tensors_of(body, count):
    """(place, datatype, shape, bytes) of each tensor of a frame."""
    view = memoryview(body)
    at = 0
    for _ in range(count):
        index, code, rank, size = TENSOR_HEAD.unpack_from(view, at)
        shape = struct.unpack_from(f"<{rank}I", view, at + TENSOR_HEAD.size)
        begin = at + padded(TENSOR_HEAD.size + 4 * rank)
        yield index, NAMES[code], shape, view[begin : begin + size]
        at = begin + padded(size)


def tensor_part(index, datatype, shape, content):
    head = TENSOR_HEAD.pack(index, NAMES.index(datatype), len(shape), len(content))
    head += struct.pack(f"<{len(shape)}I", *shape)
    return head.ljust(padded(len(head)), b"\0") + content + b"\0" * (padded(len(content)) - len(content))


def texts_of(content):
    texts = []
    at = 0
    while at < len(content):
        (size,) = struct.unpack_from("<I", content, at)
        texts.append(bytes(content[at + 4 : at + 4 + size]))
        at += 4 + size
    return texts


def with_lengths(texts):
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)


class Value:
    """One input or output, as the model's signature names it."""

    def __init__(self, spec, side, index):
        self.key = spec.get("name")
        self.name = str(self.key) if self.key is not None else f"{side}-{index}"
        self.kind = spec["type"]
        self.is_column = self.kind != "tensor"
        if self.is_column:
            self.datatype = COLUMNS.get(self.kind, "BYTES")
            self.shape = [-1, 1]
            return
        dtype = numpy.dtype(spec["tensor-spec"]["dtype"])
        self.datatype = next((n for n, t in DATATYPES.items() if t and numpy.dtype(t) == dtype), None)
        if self.datatype is None and dtype.kind in "OUS":
            self.datatype = "BYTES"
        if self.datatype is None:
            raise Refused(f'the {side} "{self.name}" has the type {dtype}, which is not served')
        self.shape = [int(size) for size in spec["tensor-spec"]["shape"]]

    def described(self):
        return {"name": self.name, "datatype": self.datatype, "shape": self.shape}

    def text(self, content, row):
        """What a column's or a tensor's element stands for."""
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused(f'input "{self.name}" holds bytes in element {row} that are no UTF-8 text') from None
        if self.kind in ("string", "tensor"):
            return text
        try:
            return self.parsed(text)
        except ValueError:
            what = {"datetime": "no date and time that a column holds", "binary": "no base64"}.get(self.kind, "no JSON")
            raise Refused(f'input "{self.name}" holds a text in element {row} that is {what}') from None

    def parsed(self, text):
        if self.kind == "binary":
            return base64.b64decode(text, validate=True)
        if self.kind != "datetime":
            return json.loads(text)
        moment = pandas.Timestamp(text)
        # MLflow's columns know no time zones.
        if moment.tzinfo is not None:
            moment = moment.tz_convert("UTC").tz_localize(None)
        # They count nanoseconds, and what lies beyond their years would become another date.
        return moment.as_unit("ns") if hasattr(moment, "as_unit") else moment

    def read(self, shape, content):
        if self.datatype == "BYTES":
            values = [self.text(each, row) for row, each in enumerate(texts_of(content))]
            array = numpy.empty(len(values), dtype=object)
            array[:] = values
        else:
            array = numpy.frombuffer(content, dtype=DATATYPES[self.datatype])
        if not self.is_column:
            # A copy: models may write to what they are given.
            return array.reshape(shape).copy()
        if len(shape) != 2 or shape[1] != 1:
            raise Refused(f'input "{self.name}" is a column: its shape is [rows, 1], not {list(shape)}')
        if self.kind == "datetime":
            return array.astype("datetime64[ns]")
        return array.copy() if self.kind != "string" else list(array)

    def bytes_of(self, value):
        if value is None or value != value:
            return b""
        if isinstance(value, (bytes, bytearray)):
            return base64.b64encode(value) if self.kind == "binary" else bytes(value)
        if self.kind == "datetime":
            return value.isoformat().encode() if hasattr(value, "isoformat") else str(value).encode()
        if self.kind in ("string", "tensor"):
            return str(value).encode()
        return json.dumps(value, default=plain).encode()

    def write(self, index, value):
        if self.datatype == "BYTES":
            return self.write_texts(index, value)
        wanted = numpy.dtype(DATATYPES[self.datatype])
        array = numpy.asarray(value)
        if array.dtype == object:
            array = array.astype(wanted)
        if not numpy.can_cast(array.dtype, wanted, "same_kind"):
            raise ValueError(f'the output "{self.name}" is {array.dtype}, its signature says {wanted}')
        array = self.shaped(array)
        if array.dtype != wanted and wanted.kind in "iu" and array.size > 0:
            bounds = numpy.iinfo(wanted)
            if array.min() < bounds.min or array.max() > bounds.max:
                raise ValueError(f'the output "{self.name}" has a value that {wanted} does not hold')
        array = numpy.ascontiguousarray(array.astype(wanted))
        return tensor_part(index, self.datatype, array.shape, array.tobytes())

    def write_texts(self, index, value):
        if self.is_column:
            texts = [self.bytes_of(each) for each in rows_of(value)]
            return tensor_part(index, "BYTES", [len(texts), 1], with_lengths(texts))
        array = self.shaped(numpy.asarray(value, dtype=object))
        texts = [self.bytes_of(each) for each in array.reshape(-1)]
        return tensor_part(index, "BYTES", array.shape, with_lengths(texts))

    def shaped(self, array):
        if self.is_column:
            return array.reshape(-1, 1)
        fits = len(array.shape) == len(self.shape) and all(
            wanted < 0 or wanted == size for wanted, size in zip(self.shape, array.shape)
        )
        if not fits:
            raise ValueError(
                f'the output "{self.name}" has the shape {list(array.shape)}, its signature says {self.shape}'
            )
        return array


def plain(value):
    """Numbers and arrays of NumPy, for JSON."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)


def rows_of(value):
    if isinstance(value, (str, bytes)) or not hasattr(value, "__len__"):
        return [value]
    return value.to_list() if hasattr(value, "to_list") else list(value)


class Model:
    """A model that MLflow has loaded, with the signature by which it is asked."""

    def __init__(self, folder):
        global numpy, pandas
        try:
            import mlflow.pyfunc
            import numpy
            import pandas
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

    def predict(self, body, count):
        arrays = {}
        for index, _, shape, content in tensors_of(body, count):
            value = self.inputs[index]
            try:
                arrays[index] = value.read(shape, content)
            except (ValueError, TypeError, OverflowError) as error:
                raise Refused(f'input "{value.name}" cannot be read: {said(error)}') from None
        parts = self.parts(self.model.predict(self.together(dict(sorted(arrays.items())))))
        return [value.write(index, part) for (index, value), part in zip(enumerate(self.outputs), parts)]


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
            described = {
                "inputs": [value.described() for value in loaded.inputs],
                "outputs": [value.described() for value in loaded.outputs],
            }
            send_json(number, OK, model, described)
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
