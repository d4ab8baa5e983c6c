"""Reads CSV files as pandas and Python read them; a list of requests on standard input, one answer for each."""

import io
import json
import math
import sys

import pandas as pd


def cell(value):
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float) and math.isnan(value):
        # Of text it is what is missing; the text "nan" is a str.
        return None
    if isinstance(value, pd.Timestamp):
        return str(value.value)
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    return str(value)


def read(request):
    options = eval(f"dict({request['options']})", {"__builtins__": {"dict": dict}, "str": str})
    frame = pd.read_csv(request["file"], **options)
    return {
        "names": [str(name) for name in frame.columns],
        "rows": [[cell(value) for value in row] for row in frame.itertuples(index=False, name=None)],
    }


answers = []
for request in json.load(sys.stdin):
    try:
        answers.append(read(request))
    except Exception as error:  # noqa: BLE001 — what pandas refuses is an answer, too
        answers.append({"error": f"{type(error).__name__}: {error}"})
json.dump(answers, sys.stdout)
