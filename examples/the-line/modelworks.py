"""A small client of Modelworks' REST API, to copy into your own scripts: one token, problem documents as errors, retries that are safe."""

import json
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import requests

Answer = TypeVar("Answer")

RETRIED = {429, 502, 503, 504}
ATTEMPTS = 6


class Refused(Exception):
    """The API said no; the message is its problem document in words: what, which field, and the next step."""

    def __init__(self, call: str, problem: dict[str, Any]) -> None:
        self.status = problem.get("status", 0)
        self.code = problem.get("code", "")
        text = f"{call} was refused: {problem.get('title', 'no reason was given')}"
        if problem.get("detail"):
            text += f" {problem['detail']}"
        super().__init__(f"{text} (request {problem.get('requestId', 'unknown')})")


class NotAsItShouldBe(Exception):
    """Something answered, but not what the line needs."""


def check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotAsItShouldBe(otherwise)


def say(station: str, text: str) -> None:
    print(f"{station:<11} {text}", flush=True)


class Api:
    """Everything under /api/v1 as one caller."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self.session = requests.Session()
        self.session.headers["authorization"] = f"Bearer {token}"

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """One call. A POST carries an Idempotency-Key, so sending it again after a broken connection does nothing twice."""
        headers = {**options.pop("headers", {})}
        if method == "POST":
            headers.setdefault("idempotency-key", str(uuid.uuid4()))
        for attempt in range(1, ATTEMPTS + 1):
            wait = min(2**attempt / 4, 10)
            try:
                answer = self.session.request(method, f"{self.url}/api/v1{path}", headers=headers, timeout=60, **options)
                if answer.status_code not in RETRIED or attempt == ATTEMPTS:
                    break
                wait = float(answer.headers.get("retry-after", wait))
            except requests.ConnectionError:
                if attempt == ATTEMPTS:
                    raise
            time.sleep(wait)
        if answer.status_code >= 400:
            is_problem = "problem+json" in answer.headers.get("content-type", "")
            raise Refused(f"{method} {path}", answer.json() if is_problem else {"status": answer.status_code, "title": answer.text[:300]})
        return answer

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        return self.send("GET", path, params=params).json()

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        return self.send("POST", path, json=body).json()

    def put(self, path: str, **body: Any) -> dict[str, Any]:
        return self.send("PUT", path, json=body).json()

    def items(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Every row of a list, page by page."""
        while True:
            page = self.get(path, **params)
            yield from page["items"]
            if not page.get("nextCursor"):
                return
            params["cursor"] = page["nextCursor"]

    def must_refuse(self, method: str, path: str, code: str, **body: Any) -> str:
        """A call that the rules forbid; gives back why."""
        try:
            self.send(method, path, json=body)
        except Refused as problem:
            check(problem.code == code, f"{method} {path} should be refused as {code}, but: {problem}")
            return str(problem)
        raise NotAsItShouldBe(f"{method} {path} should be refused as {code}; it was not.")


def wait_for(
    what: str,
    ask: Callable[[], Answer],
    done: Callable[[Answer], bool],
    failed: Callable[[Answer], str | None] = lambda _: None,
    seconds: float = 300,
) -> Answer:
    """Asks until it is so, and stops at once when it can no longer become so."""
    limit = time.monotonic() + seconds
    while True:
        value = ask()
        if done(value):
            return value
        if reason := failed(value):
            raise NotAsItShouldBe(f"{what}: {reason}")
        if time.monotonic() > limit:
            raise NotAsItShouldBe(f"{what} did not happen within {seconds:.0f} s; last seen: {str(value)[:500]}")
        time.sleep(0.3)


def follow(api: Api, job_id: str) -> Iterator[str]:
    """Lines of a job's log until it ends: server-sent events whose id is the byte to go on from."""
    offset, rest, event = "0", "", ""
    for _ in range(20):
        headers = {"last-event-id": offset, "accept": "text/event-stream"}
        try:
            for line in api.send("GET", f"/jobs/{job_id}/log/stream", headers=headers, stream=True).iter_lines(decode_unicode=True):
                if line.startswith("event:"):
                    event = line[6:].strip()
                elif line.startswith("id:"):
                    offset = line[3:].strip()
                elif line.startswith("data:") and event == "log":
                    *lines, rest = (rest + json.loads(line[5:])["text"]).split("\n")
                    yield from lines
                elif line.startswith("data:") and event == "end":
                    return
        except (requests.exceptions.ChunkedEncodingError, requests.ConnectionError):
            time.sleep(1)
    raise NotAsItShouldBe(f"The log of {job_id} broke off twenty times.")


def fail(text: str) -> int:
    print(f"\nThe line stopped. {text}", file=sys.stderr)
    return 1
