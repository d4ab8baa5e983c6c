"""Replays held-out rows to a deployment at a steady rate and posts their true outcomes as feedback. Standard library only."""

import csv
import json
import os
import queue
import random
import signal
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from pathlib import Path

DEFAULTS = {
    "deployment": "", "rate": "5", "durationSeconds": "0", "feedbackDelaySeconds": "5",
    "feedbackShare": "1", "target": "progressed", "seed": "7",
}
SENDERS = 8
BATCH = 100
# Waiting for a delayed or refused feedback after the traffic ended.
DRAIN_SECONDS = 25


class InputProblem(Exception):
    """Something the user can put right."""


def parameters(arguments: list[str]) -> dict[str, str]:
    values = {name: os.environ.get(f"MODELWORKS_PARAM_{name.upper()}", default) for name, default in DEFAULTS.items()}
    for flag, value in zip(arguments[::2], arguments[1::2]):
        if flag.removeprefix("--") not in DEFAULTS:
            raise InputProblem(f"There is no parameter {flag}; use one of: {', '.join(DEFAULTS)}.")
        values[flag.removeprefix("--")] = value
    if not values["deployment"]:
        raise InputProblem("The parameter deployment is empty; give the name of a deployment.")
    return values


def number(values: dict[str, str], name: str, low: float, high: float) -> float:
    try:
        value = float(values[name])
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise InputProblem(f"Parameter {name} is '{values[name]}'; choose a number from {low:g} to {high:g}.")
    return value


def load(target: str) -> list[tuple[list[float], int]]:
    """Rows as (features, outcome); `row_id` is not a feature."""
    files = sorted(Path(os.environ.get("MODELWORKS_INPUTS", "inputs")).rglob("*.csv"))
    if len(files) != 1:
        raise InputProblem(f"The input holds {len(files)} CSV files; pass exactly one, such as heldout.csv of a training job.")
    with files[0].open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        columns = reader.fieldnames or []
        if target not in columns:
            raise InputProblem(f"There is no target column '{target}'; set the parameter target to one of: {', '.join(columns)}.")
        names = [c for c in columns if c not in (target, "row_id")]
        try:
            rows = [([float(row[c]) for c in names], int(float(row[target]))) for row in reader]
        except (TypeError, ValueError) as problem:
            raise InputProblem(f"{files[0].name} line {reader.line_num}: {problem}; every cell must be a number.") from None
    if not rows:
        raise InputProblem(f"{files[0].name} has no rows; pass a file with held-out rows.")
    return rows


class Replay:
    def __init__(self, values: dict[str, str]) -> None:
        self.rate = number(values, "rate", 0.01, 2000)
        self.duration = number(values, "durationSeconds", 0, 31536000)
        self.delay = number(values, "feedbackDelaySeconds", 0, 86400)
        self.share = number(values, "feedbackShare", 0, 1)
        self.random = random.Random(int(number(values, "seed", 0, 2**31 - 1)))
        self.rows = load(values["target"])
        gateway = os.environ.get("MODELWORKS_GATEWAY_URL", "http://127.0.0.1:8080").rstrip("/")
        portal = os.environ.get("MODELWORKS_URL", "http://127.0.0.1:3000").rstrip("/")
        self.infer_url = f"{gateway}/v2/models/{urllib.parse.quote(values['deployment'], safe='')}/infer"
        self.feedback_url = f"{portal}/api/v1/feedback"
        self.token = os.environ.get("MODELWORKS_TOKEN")
        self.stop = threading.Event()
        self.work: queue.Queue = queue.Queue()
        self.lock = threading.Lock()
        self.counts: Counter = Counter()
        self.feedback: list[tuple[float, str, int]] = []
        self.reason = ""

    def post(self, url: str, body: object):
        headers = {"content-type": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(url, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.headers, json.loads(answer.read() or b"{}")

    def count(self, name: str, problem: Exception | None = None) -> None:
        with self.lock:
            self.counts[name] += 1
            if problem is not None:
                self.reason = str(problem)

    def send(self, features: list[float], outcome: int, wanted: bool) -> None:
        body = {"inputs": [{"name": "features", "datatype": "FP32", "shape": [1, len(features)], "data": features}]}
        wait = 0.2
        while True:
            try:
                headers, answer = self.post(self.infer_url, body)
                break
            except urllib.error.HTTPError as problem:
                self.count("refused", problem)
                return
            except (OSError, ValueError) as problem:
                self.count("retries", problem)
                if self.stop.wait(wait):
                    return
                wait = min(wait * 2, 10)
        self.count("sent")
        label = next((o["data"][0] for o in answer.get("outputs", []) if o.get("name") == "label"), None)
        if label is not None:
            self.count("right" if int(label) == outcome else "wrong")
        prediction = headers.get("x-prediction-id")
        if wanted and prediction:
            with self.lock:
                self.feedback.append((time.monotonic() + self.delay, prediction, outcome))

    def sender(self) -> None:
        while (item := self.work.get()) is not None:
            if not self.stop.is_set():
                self.send(*item)

    def deliver(self, everything: bool) -> None:
        """Sends what is due in one batch; an item leaves the queue only after it was accepted."""
        now = time.monotonic()
        with self.lock:
            due = [item for item in self.feedback if everything or item[0] <= now][:BATCH]
        if not due:
            return
        self.post(self.feedback_url, {"items": [{"predictionId": p, "value": v} for _, p, v in due]})
        with self.lock:
            taken = set(due)
            self.feedback = [item for item in self.feedback if item not in taken]
            self.counts["feedback"] += len(due)

    def post_feedback(self, done: threading.Event) -> None:
        wait, deadline = 0.2, None
        while True:
            if done.is_set():
                deadline = deadline or time.monotonic() + DRAIN_SECONDS
                if not self.feedback or time.monotonic() > deadline:
                    return
            try:
                self.deliver(everything=done.is_set())
                wait = 0.2
            except (OSError, ValueError) as problem:
                self.count("retries", problem)
                wait = min(wait * 2, 5)
            time.sleep(wait)

    def status(self) -> None:
        with self.lock:
            c, waiting, reason = Counter(self.counts), len(self.feedback), self.reason
            self.reason = ""
        seen = c["right"] + c["wrong"]
        accuracy = f"{c['right'] / seen:.3f}" if seen else "unknown"
        print(
            f"sent {c['sent']}, accuracy {accuracy}, refused {c['refused']}, retries {c['retries']}, feedback {c['feedback']} posted "
            f"{waiting} waiting" + (f", last problem: {reason}" if reason else ""),
            flush=True,
        )

    def run(self) -> int:
        """Open loop: the next row is due by the clock, however long the answers take. Returns undelivered feedback."""
        senders = [threading.Thread(target=self.sender) for _ in range(SENDERS)]
        done = threading.Event()
        poster = threading.Thread(target=self.post_feedback, args=(done,))
        for thread in [*senders, poster]:
            thread.start()
        begin = report = time.monotonic()
        index, order = 0, []
        while not self.stop.is_set() and (self.duration == 0 or time.monotonic() - begin < self.duration):
            order = order or self.random.sample(range(len(self.rows)), len(self.rows))
            features, outcome = self.rows[order.pop()]
            self.work.put((features, outcome, self.random.random() < self.share))
            index += 1
            if time.monotonic() - report >= 5:
                report = time.monotonic()
                self.status()
            self.stop.wait(max(0.0, begin + index / self.rate - time.monotonic()))
        for _ in senders:
            self.work.put(None)
        for thread in senders:
            thread.join()
        done.set()
        poster.join()
        self.status()
        return len(self.feedback)


def main() -> int:
    try:
        replay = Replay(parameters(sys.argv[1:]))
    except InputProblem as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    for number_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number_, lambda *_: replay.stop.set())
    lost = replay.run()
    if lost:
        print(f"error: {lost} feedback items were not accepted; check that {replay.feedback_url} can be reached.", file=sys.stderr)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
