"""What Python itself does with generated pickle streams. Nothing is imported and nothing runs: `find_class` only takes notes.

`pickle-oracle.py streams SEED COUNT` prints one JSON line a stream: its bytes, and what any of Python's unpicklers imported and called.
`pickle-oracle.py numbers SEED COUNT` prints, for each text opcode with a number and each generated line, whether one of them takes it.
"""

import base64, collections, datetime, io, json, pickle, pickletools, random, resource, sys, warnings

resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))

warnings.simplefilter("ignore")
notes = {"imports": [], "calls": 0}


def note_call():
    notes["calls"] += 1


class Meta(type):
    def __call__(cls, *args, **kwargs):
        note_call()
        return object.__new__(cls)

    def __setattr__(cls, name, value):
        note_call()

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: note_call()


class Noted(metaclass=Meta):
    def __new__(cls, *args, **kwargs):
        note_call()
        return object.__new__(cls)

    def __setstate__(self, state):
        note_call()

    def __setitem__(self, key, value):
        pass

    def append(self, value):
        pass

    def extend(self, values):
        pass

    def add(self, value):
        pass

    def __call__(self, *args, **kwargs):
        note_call()
        return self


def find_class(self, module, name):
    notes["imports"].append([str(module), str(name)])
    return Noted


class InC(pickle.Unpickler):
    find_class = find_class


class InPython(pickle._Unpickler):
    find_class = find_class


class WithStorages(pickle.Unpickler):
    find_class = find_class

    def persistent_load(self, pid):
        return Noted


def load_all(unpickler, data, **options):
    """Loads one stream after the other, as programs do that wrote several; gives back how many were whole."""
    file = io.BytesIO(data)
    whole = 0
    try:
        for _ in range(5):
            unpickler(file, **options).load()
            whole += 1
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
    return whole


def observe(data):
    notes["imports"], notes["calls"] = [], 0
    load_all(InC, data)
    load_all(InPython, data)
    load_all(InPython, data, encoding="latin1")
    load_all(InC, data, encoding="bytes")
    load_all(WithStorages, data)
    unique = [list(one) for one in sorted({tuple(one) for one in notes["imports"]})]
    return {"data": base64.b64encode(data).decode(), "imports": unique, "calls": notes["calls"]}


class Runs:
    def __init__(self, function, *args):
        self.what = (function, args)

    def __reduce__(self):
        return self.what


class Plain:
    pass


def seeds():
    import os

    shared = ["x" * 300, 1.5, (1, 2), b"bytes", {3, 4}, frozenset([5]), 2**70, -1, True, None, "\u00e9\n"]
    nested = Plain()
    nested.a, nested.b = shared, collections.OrderedDict(k=[1])
    values = [
        shared,
        {"a": shared, "b": [shared, shared], "c": datetime.date(2026, 1, 1), "d": bytearray(b"1")},
        nested,
        [{"n": i} for i in range(30)],
        Runs(os.system, "id"),
        Runs(eval, "1"),
        [shared, Runs(getattr, 1, "x")],
        {"k": Runs(exec, "pass"), "l": nested},
    ]
    made = [pickle.dumps(value, protocol) for value in values for protocol in range(6)]
    short = lambda text: b"\x8c" + bytes([len(text)]) + text
    by_hand = [
        b"cos\nsystem\np+0\n(S'cmd'\ntR.",
        b"cos\nsystem\np 0\n(S'cmd'\ntR.",
        b"cos\nsystem\np1_0\n(S'cmd'\ntR.",
        b"cos\nsystem\np0\n0g+0\n(S'cmd'\ntR.",
        b"I01\n0cos\nsystem\n(I 0x1_0\ntR.",
        b"F 1_0.5\n0L0b1L\n0cos\nsystem\n(tR.",
        b"(S'id'\nios\nsystem\n.",
        b"(cos\nsystem\nS'id'\no.",
        b"V\\u006fs\nV\\u0073ystem\n\x93(tR.",
        b"S'\\x6fs'\nS\"sys\\164em\"\n\x93(tR.",
        b"\x80\x02N0\x80\x04cos\nsystem\n(tR.",
        b"\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00N." + b"\x80\x02cos\nsystem\n(tR.",
        b"\x80\x04" + short(b"os") + short(b"system") + b"\x93" + short(b"id") + b"\x85R.",
        b"\x80\x04" + short(b"system") + b"\x94" + short(b"posix") + b"\x940h\x01h\x00\x93)R.",
        b"\x80\x04" + short(b"numpy") + short(b"core.os.system") + b"\x93)R.",
        b"\x80\x04" + short(b"a") + short(b"B") + b"\x93)\x81}b.",
        b"\x80\x04" + short(b"a") + short(b"B") + b"\x93)}\x92.",
        b"T\x05\x00\x00\x00\x00\x00\x00\x00{0cos\nsystem\n(tR.",
        b"Pid\ncos\nsystem\n(tR.",
        b"K\x01K\x02s.",
        b"city,n\nRome,1\n",
        b"class\nsetosa\nvirginica\n",
        b"N.",
    ]
    return made + by_hand


NUMBERS = [b"0", b"1", b"+0", b" 0", b"0 ", b"\t1", b"1_0", b"0_1", b"__1", b"1_", b"01", b"0x1", b"0x_1", b"0o7", b"0b1", b"1L", b"1\x00x",
           b"\x0b1", b"1\x0c", b"1\r", b"-1", b"-0", b"1e1", b"1.", b".5", b"1_0.0_1", b"inf", b"-nan", b"Infinity", b"00", b"true", b"",
           b"\xd9\xa1", b"1 1", b"0x", b"010", b"019", b"+ 1"]  # fmt: skip
SNIPPETS = [b"N0", b"(", b"0", b"1", b"2", b"}", b")", b"]", b"\x80\x02", b"\x80\x05", b"\x95\x04\x00\x00\x00\x00\x00\x00\x00", b"\x94", b"p%s\n",
            b"I%s\n0", b"L%s\n0", b"F%s\n0", b"g%s\n0", b"Np%s\n0g%s\n0", b"cos\nsystem\n", b"cbuiltins\neval\n", b"cfoo\nbar\n", b")R", b")\x81",
            b"}b", b"(tR", b"o", b"Va\n", b"S'b'\n", b"\x93", b"q\x01", b"h\x01", b".", b"Nt", b"(l", b"\x85", b"\x86", b"s", b"a", b"\x82\x01",
            b"C\x02..", b"U\x01.", b"J....", b"\x8a\x01\x05", b"P1\n", b"Q"]  # fmt: skip


def boundaries(data):
    places = [0]
    try:
        for _, _, at in pickletools.genops(data):
            places.append(at)
    except Exception:
        pass
    return places


def snippet(rng):
    chosen = rng.choice(SNIPPETS)
    return chosen.replace(b"%s", rng.choice(NUMBERS)) if b"%s" in chosen else chosen


def mutate(rng, pool):
    data = rng.choice(pool)
    for _ in range(rng.randint(0, 3)):
        kind = rng.randrange(8)
        at = rng.choice(boundaries(data))
        anywhere = rng.randint(0, len(data))
        if kind <= 2:
            data = data[:at] + snippet(rng) + data[at:]
        elif kind == 3:
            other = rng.choice(pool)
            data = data[:at] + other[rng.choice(boundaries(other)) :]
        elif kind == 4:
            data = data[:anywhere] + bytes([rng.choice(data or b"."), rng.randrange(256)][rng.randrange(2) :]) + data[anywhere:]
        elif kind == 5:
            data = data[:anywhere]
        elif kind == 6:
            data = data + rng.choice(pool)
        elif data:
            place = rng.randrange(len(data))
            data = data[:place] + bytes([rng.choice(b"cioR.()0120pqgSVNIKt\n\x80\x93\x94\x95\x81b")]) + data[place + 1 :]
    return data


def streams(seed, count):
    rng = random.Random(seed)
    pool = seeds()
    for data in pool:
        print(json.dumps(observe(data)))
    for _ in range(count):
        print(json.dumps(observe(mutate(rng, pool))))


ALPHABET = b"00112789+-__ xXoObBeE..LlnaifINFt\t\x00\x0b\x0c\r\xd9"


def numbers(seed, count):
    rng = random.Random(seed)
    lines = NUMBERS + [bytes(rng.choice(ALPHABET) for _ in range(rng.randint(1, 6))) for _ in range(count)]
    for line in lines:
        taken = {}
        for opcode, stream in (("INT", b"I%s\n."), ("LONG", b"L%s\n."), ("FLOAT", b"F%s\n."), ("PUT", b"Np%s\n.")):
            data = stream.replace(b"%s", line)
            taken[opcode] = load_all(InC, data) > 0 or load_all(InPython, data) > 0
        print(json.dumps({"line": base64.b64encode(line).decode(), "taken": taken}))


if __name__ == "__main__":
    {"streams": streams, "numbers": numbers}[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]))
