"""Tensors as they lie in the frames of `../onnx/child/frame.mjs`; nothing that is not Python's own."""

import struct

TENSOR_HEAD = struct.Struct("<HBBI")
# The order is the wire's. There is no NumPy type for BF16.
NAMES = "BOOL UINT8 UINT16 UINT32 UINT64 INT8 INT16 INT32 INT64 FP16 BF16 FP32 FP64 BYTES".split()
CODES = "? <u1 <u2 <u4 <u8 <i1 <i2 <i4 <i8 <f2 - <f4 <f8 -".split()
DATATYPES = {name: None if code == "-" else code for name, code in zip(NAMES, CODES)}
WIDTHS = {name: int(code[-1]) if code[-1].isdigit() else 1 for name, code in DATATYPES.items() if code}
# In place of an input's number: a text of JSON with the request's parameters.
PARAMETERS = 0xFFFF


class Refused(Exception):
    """A model that cannot be served, or a value that it cannot be given, in words."""


def padded(size):
    return (size + 7) & ~7


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
