"""Values of a model's inputs and outputs, between the tensors of the inference protocol and the types of MLflow's signatures."""

import base64
import json
import numbers
import re

import numpy
import pandas
from modelworks_tensors import DATATYPES, Refused, tensor_part, texts_of, with_lengths

# Types of MLflow's columns; every other is BYTES: bytes travel as base64, as MLflow's own server has them, lists, objects and maps as JSON texts.
COLUMNS = {"boolean": "BOOL", "integer": "INT32", "long": "INT64", "float": "FP32", "double": "FP64"}
TEXTS = ("string", "binary", "datetime")
# "NaT" is how pandas writes the missing one, an empty text how it is answered.
NO_MOMENT = ("", "NaT")
# What this pandas takes a column of texts for; one without rows would be numbers.
WORDS = pandas.Series([""]).dtype


def is_missing(value):
    """None, NaN, NaT and NA of pandas; an array or a list is a value, whatever it holds."""
    return value is None or (pandas.api.types.is_scalar(value) and bool(pandas.isna(value)))


def read_json(text):
    """A value of JSON that came from a caller. Raises ValueError for what Python or its texts cannot hold, too."""
    try:
        value = json.loads(text)
        if "\\u" in text:
            # Half of a surrogate pair is no text, and would fail wherever the model's answer is written.
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def single(value):
    with numpy.errstate(over="ignore"):
        rounded = numpy.float32(value)
    if numpy.isinf(rounded) and abs(value) != numpy.inf:
        raise OverflowError(f"{value} is beyond float")
    return rounded


def of_type(value, spec):
    """JSON has one kind of number, and MLflow takes none for another: each becomes what the signature says where it is that number."""
    kind = spec.get("type")
    if kind in ("double", "float") and type(value) in (int, float):
        return float(value) if kind == "double" else single(value)
    if kind == "integer" and type(value) is int:
        return numpy.int32(value)
    if kind == "array" and isinstance(value, list):
        return [of_type(each, spec["items"]) for each in value]
    if kind == "object" and isinstance(value, dict):
        return {key: of_type(each, spec["properties"].get(key, {})) for key, each in value.items()}
    if kind == "map" and isinstance(value, dict):
        return {key: of_type(each, spec["values"]) for key, each in value.items()}
    return value


def plain(value):
    """What JSON has for values of NumPy, pandas, pydantic and Python that it does not know."""
    if is_missing(value):
        return None
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    for name in ("tolist", "isoformat", "model_dump"):
        if hasattr(value, name):
            return getattr(value, name)()
    return str(value)


def finite(value):
    """Without the numbers that JSON lacks, which are written as those of a tensor are."""
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(each) for each in value]
    if isinstance(value, float):
        return None if value != value else value if abs(value) != numpy.inf else "Infinity" if value > 0 else "-Infinity"
    return value if value is None or isinstance(value, (str, int)) else finite(plain(value))


def json_of(value):
    try:
        return json.dumps(value, default=plain, allow_nan=False)
    except ValueError:
        return json.dumps(finite(value))


class Value:
    """One input or output, as the model's signature names it."""

    def __init__(self, spec, side, index):
        self.key = spec.get("name")
        self.name = str(self.key) if self.key is not None else f"{side}-{index}"
        self.kind = spec["type"]
        self.spec = spec
        self.is_column = self.kind != "tensor"
        self.is_optional = side == "input" and spec.get("required") is False
        self.is_json = self.is_column and self.kind not in COLUMNS and self.kind not in TEXTS
        if self.is_column:
            self.datatype = COLUMNS.get(self.kind, "BYTES")
            self.shape = [-1, 1]
            return
        self.dtype = dtype = numpy.dtype(spec["tensor-spec"]["dtype"])
        self.datatype = next((n for n, t in DATATYPES.items() if t and numpy.dtype(t) == dtype), None)
        if self.datatype is None and dtype.kind in "OUS":
            self.datatype = "BYTES"
        if self.datatype is None:
            raise Refused(f'the {side} "{self.name}" has the type {dtype}, which is not served')
        self.shape = [int(size) for size in spec["tensor-spec"]["shape"]]

    def described(self):
        described = {"name": self.name, "datatype": self.datatype, "shape": self.shape}
        return {**described, "optional": True} if self.is_optional else described

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
            return of_type(read_json(text), self.spec)
        if text in NO_MOMENT:
            return pandas.NaT
        # pandas would also take "today", a time of today, and days before months.
        if not re.match("[0-9]{4}", text):
            raise ValueError
        moment = pandas.Timestamp(text)
        # MLflow's columns know no time zones.
        if moment.tzinfo is not None:
            moment = moment.tz_convert("UTC").tz_localize(None)
        # They count nanoseconds, and what lies beyond their years would become another date.
        return moment.as_unit("ns") if hasattr(moment, "as_unit") else moment

    def read(self, shape, content):
        if not self.is_column and self.dtype.kind == "S":
            return numpy.array(texts_of(content), dtype="S").reshape(shape)
        if self.datatype == "BYTES":
            values = [self.text(each, row) for row, each in enumerate(texts_of(content))]
            array = numpy.empty(len(values), dtype=object)
            array[:] = values
        else:
            array = numpy.frombuffer(content, dtype=DATATYPES[self.datatype])
        if not self.is_column:
            # A copy: models may write to what they are given.
            return array.astype(str).reshape(shape) if self.dtype.kind == "U" else array.reshape(shape).copy()
        if len(shape) != 2 or shape[1] != 1:
            raise Refused(f'input "{self.name}" is a column: its shape is [rows, 1], not {list(shape)}')
        if self.kind == "datetime":
            return numpy.array([each.to_datetime64() for each in array], dtype="datetime64[ns]")
        return pandas.Series(list(array), dtype=WORDS) if self.kind == "string" else array.copy()

    def bytes_of(self, value):
        if is_missing(value):
            return b""
        if isinstance(value, (bytes, bytearray)):
            return base64.b64encode(value) if self.kind == "binary" else bytes(value)
        if self.kind == "datetime":
            return value.isoformat().encode() if hasattr(value, "isoformat") else str(value).encode()
        if self.kind not in ("string", "tensor") or isinstance(value, (list, tuple, dict, numpy.ndarray)):
            return json_of(value).encode()
        return str(value).encode()

    def write(self, index, value):
        if self.datatype == "BYTES":
            return self.write_texts(index, value)
        wanted = numpy.dtype(DATATYPES[self.datatype])
        array = numpy.asarray(value)
        if array.dtype == object:
            array = self.unboxed(array, wanted)
        if array.size == 0:
            array = array.astype(wanted)
        if not numpy.can_cast(array.dtype, wanted, "same_kind"):
            raise ValueError(f'the output "{self.name}" is {array.dtype}, its signature says {wanted}')
        array = self.shaped(array)
        if array.dtype != wanted and array.size > 0 and not self.holds(array, wanted):
            raise ValueError(f'the output "{self.name}" has a value that {wanted} does not hold')
        with numpy.errstate(over="ignore"):
            array = numpy.ascontiguousarray(array.astype(wanted))
        return tensor_part(index, self.datatype, array.shape, array.tobytes())

    def unboxed(self, array, wanted):
        """An array of Python's objects by what they are: NumPy would make any text a true value, and any fraction a whole number."""
        values = [None if is_missing(each) else each for each in array.reshape(-1)]
        if None in values:
            if wanted.kind != "f":
                raise ValueError(f'the output "{self.name}" has a missing value, which {wanted} does not hold')
            values = [numpy.nan if each is None else each for each in values]
        found = numpy.asarray(values)
        # Such as decimal numbers, which NumPy leaves as they are.
        if found.dtype == object and wanted.kind == "f" and all(isinstance(each, numbers.Number) for each in values):
            found = found.astype(wanted)
        return found.reshape(array.shape)

    @staticmethod
    def holds(array, wanted):
        if wanted.kind in "iu":
            bounds = numpy.iinfo(wanted)
            return array.min() >= bounds.min and array.max() <= bounds.max
        if wanted.kind != "f":
            return True
        bound = numpy.finfo(wanted).max
        finite_values = array[numpy.isfinite(array)] if array.dtype.kind == "f" else array
        return finite_values.size == 0 or (finite_values.min() >= -bound and finite_values.max() <= bound)

    def write_texts(self, index, value):
        if self.is_column:
            texts = [self.bytes_of(each) for each in self.rows_of(value)]
            return tensor_part(index, "BYTES", [len(texts), 1], with_lengths(texts))
        array = self.shaped(numpy.asarray(value, dtype=object))
        texts = [self.bytes_of(each) for each in array.reshape(-1)]
        return tensor_part(index, "BYTES", array.shape, with_lengths(texts))

    def rows_of(self, value):
        if isinstance(value, (str, bytes, dict)) or not hasattr(value, "__len__"):
            return [value]
        if hasattr(value, "to_list"):
            return value.to_list()
        # A row of an array that is more than one value is a list, which other columns do not hold.
        if isinstance(value, numpy.ndarray) and not self.is_json:
            return list(self.shaped(value).reshape(-1))
        return list(value)

    def shaped(self, array):
        if self.is_column:
            if array.ndim > 0 and array.size != len(array):
                raise ValueError(
                    f'the output "{self.name}" has the shape {list(array.shape)}, its signature says one value a row'
                )
            return array.reshape(-1, 1)
        fits = len(array.shape) == len(self.shape) and all(
            wanted < 0 or wanted == size for wanted, size in zip(self.shape, array.shape)
        )
        if not fits:
            raise ValueError(
                f'the output "{self.name}" has the shape {list(array.shape)}, its signature says {self.shape}'
            )
        return array


NO_NUMBERS = {"NaN": numpy.nan, "Infinity": numpy.inf, "-Infinity": -numpy.inf}
DEFAULT_CHARACTERS = 200


class Parameter:
    """A value beside the inputs, as the model's signature names it."""

    def __init__(self, spec):
        self.spec = spec
        self.fields = spec.to_dict()
        self.name = spec.name
        self.kind = self.fields["type"]

    def described(self):
        default = json_of(self.fields["default"])[:DEFAULT_CHARACTERS]
        return {"name": self.name, "type": self.kind, "isList": self.spec.shape is not None, "default": default}

    @staticmethod
    def number(value):
        return NO_NUMBERS.get(value, value) if isinstance(value, str) else value

    def read(self, value):
        """What was sent, as MLflow itself would be given it in Python; what MLflow does not take is refused in its words."""
        try:
            if self.kind == "object":
                value = of_type(value, self.fields)
            elif self.kind in ("double", "float"):
                value = [self.number(each) for each in value] if isinstance(value, list) else self.number(value)
            self.spec.validate_param_spec(value, self.spec)
        except Exception as error:
            raise Refused(f"parameters.{self.name} is not what the model's signature says: {error}") from None
        return value
