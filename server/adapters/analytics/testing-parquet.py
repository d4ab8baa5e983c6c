"""
Writes Parquet files of generated tables with pyarrow, and says what docs/dataset-digest.md makes of each: an implementation of that page
of its own, over the values that Python holds. Arguments: a folder, how many tables, a seed.
"""

import datetime
import decimal
import hashlib
import json
import math
import os
import random
import struct
import sys
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

folder, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(seed)
EPOCH = datetime.datetime(1970, 1, 1)
NANOS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


def integer(bits, signed):
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return lambda: rng.choice([low, high, rng.randint(low, high), rng.randint(0, 9)])


def real(single):
    def make():
        value = rng.choice(
            [0.0, -0.0, 1.5, math.nan, math.inf, -math.inf, 1e-40 if single else 5e-324, rng.uniform(-1, 1), rng.gauss(0, 1e9)]
        )
        return struct.unpack("f", struct.pack("f", value))[0] if single else value

    return make


def bits_of(value):
    if math.isnan(value):
        return "7ff8000000000000"
    return struct.pack(">d", value + 0.0 if value != 0 else 0.0).hex()


def fixed(precision, scale):
    def make():
        return decimal.Decimal(rng.randint(-(10**precision) + 1, 10**precision - 1)).scaleb(-scale, decimal.Context(prec=60))

    return make


def plain(scale):
    return lambda value: format(value.quantize(decimal.Decimal(1).scaleb(-scale), context=decimal.Context(prec=80)), "f")


def string():
    return rng.choice(["", "x", "ü", "u\u0308", "日本", "🦆", "NULL", "nan", "01", "a,b", 'q"', "line\nbreak", "~", "0:"]) + rng.choice(["", "y" * rng.randint(0, 300)])


def day():
    return datetime.date(1, 1, 1) + datetime.timedelta(days=rng.randint(0, 3_650_000))


def ticks(unit):
    # What every unit can hold: the years 1678 to 2261 counted in nanoseconds.
    return lambda: rng.randint(-(9 * 10**18) // NANOS[unit], 9 * 10**18 // NANOS[unit])


def micros(unit):
    return lambda value: str(value * NANOS[unit] // 1_000)


def clock(unit):
    per_day = 86_400 * 10**9 // NANOS[unit]

    def text(value):
        total, part = divmod(value * NANOS[unit] // 1_000, 1_000_000)
        base = f"{total // 3600:02}:{total // 60 % 60:02}:{total % 60:02}"
        return f"{base}.{part:06}".rstrip("0") if part else base

    return (lambda: rng.randrange(per_day)), text


def blob():
    return rng.randbytes(rng.randint(0, 20))


KINDS = [
    *[(pa.int8(), integer(8, True), "integer", str), (pa.int16(), integer(16, True), "integer", str)],
    *[(pa.int32(), integer(32, True), "integer", str), (pa.int64(), integer(64, True), "integer", str)],
    *[(pa.uint8(), integer(8, False), "integer", str), (pa.uint16(), integer(16, False), "integer", str)],
    *[(pa.uint32(), integer(32, False), "integer", str), (pa.uint64(), integer(64, False), "integer", str)],
    (pa.float32(), real(True), "float", bits_of),
    (pa.float64(), real(False), "float", bits_of),
    *[(pa.decimal128(p, s), fixed(p, s), f"decimal({s})", plain(s)) for p, s in [(1, 0), (9, 2), (18, 18), (38, 10), (38, 0)]],
    (pa.bool_(), lambda: rng.random() < 0.5, "boolean", lambda value: "1" if value else "0"),
    (pa.string(), string, "string", str),
    (pa.large_string(), string, "string", str),
    (pa.dictionary(pa.int32(), pa.string()), string, "string", str),
    (pa.binary(), blob, "bytes", bytes.hex),
    (pa.binary(4), lambda: rng.randbytes(4), "bytes", bytes.hex),
    (pa.date32(), day, "date", lambda value: f"{value.year:04}-{value.month:02}-{value.day:02}"),
    *[(pa.timestamp(unit), ticks(unit), "timestamp", micros(unit)) for unit in ["s", "ms", "us"]],
    (pa.timestamp("ns"), ticks("ns"), "timestamp_ns", str),
    *[(pa.timestamp(unit, tz="Europe/Berlin"), ticks(unit), "timestamptz", micros(unit)) for unit in ["s", "ms", "us"]],
    *[(pa.duration(unit), ticks(unit), "duration", (lambda n: lambda value: str(value * n))(NANOS[unit])) for unit in NANOS],
    *[(arrow, *(lambda made, text: (made, "time", text))(*clock(unit))) for arrow, unit in [(pa.time32("s"), "s"), (pa.time32("ms"), "ms"), (pa.time64("us"), "us")]],
]
NAMES = ["", "a", "A", "ü", "rowid", "select", 'q"uote', "a.b", "c0", "x,y", " ", "日本"]


def netstring(text):
    data = text.encode()
    return b"%d:%s" % (len(data), data)


def content_digest(columns):
    ordered = sorted(columns, key=lambda column: column["name"].encode())
    header = b"mw-table-v1\n" + b"".join(netstring(c["name"]) + netstring(c["type"]) + b"\n" for c in ordered)
    rows = zip(*[c["texts"] for c in ordered])
    digests = sorted(
        hashlib.sha256(b"".join(b"~" if text is None else netstring(text) for text in row)).digest() for row in rows
    )
    return "sha256:" + hashlib.sha256(header + b"".join(digests)).hexdigest()


def array_of(values, arrow):
    # Counts of a unit are no Python values of these types, so they are cast.
    if pa.types.is_timestamp(arrow) or pa.types.is_duration(arrow) or pa.types.is_time64(arrow):
        return pa.array(values, pa.int64()).cast(arrow)
    if pa.types.is_time32(arrow):
        return pa.array(values, pa.int32()).cast(arrow)
    return pa.array(values, arrow)


def write(table, name):
    path = os.path.join(folder, name)
    pq.write_table(
        table,
        path,
        row_group_size=rng.choice([1, 3, 1_000]),
        compression=rng.choice(["none", "snappy", "zstd", "gzip", "lz4"]),
        use_dictionary=rng.choice([True, False]),
        data_page_version=rng.choice(["1.0", "2.0"]),
        coerce_timestamps=None,
    )
    return path


def generated(at):
    height, columns = rng.randint(0, 8), []
    arrays, fields = [], []
    for name in rng.sample(NAMES[1:], rng.randint(1, 6)):
        arrow, make, kind, text = rng.choice(KINDS)
        values = [None if rng.random() < 0.2 else make() for _ in range(height)]
        columns.append({"name": name, "type": kind, "texts": [None if v is None else text(v) for v in values]})
        arrays.append(array_of(values, arrow))
        fields.append(pa.field(name, arrow))
    table = pa.table(arrays, schema=pa.schema(fields))
    if height and rng.random() < 0.5:
        table = table.take(rng.sample(range(height), height))
    return {
        "file": write(table, f"{at}.parquet"),
        "schema": str(table.schema),
        "names": [c["name"] for c in columns],
        "types": [c["type"] for c in columns],
        "digest": content_digest(columns),
    }


json.dump([generated(at) for at in range(count)], sys.stdout)
