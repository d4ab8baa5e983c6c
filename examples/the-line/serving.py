"""Traffic through the gateway with the official Open Inference Protocol client, true outcomes as feedback, and a rollout watched to its end."""

from collections import Counter
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import tritonclient.http as oip
from geventhttpclient.response import HTTPConnectionClosed
from modelworks import Api, NotAsItShouldBe, check, say, wait_for
from training import TARGET, features

BATCH = 40
HOUR_MS = 3_600_000
# Short, for the traffic of one script: a stage ends as soon as nothing is shown worse, because proof would take longer than the script. Alpha is small,
# so that an equally good version is rolled back by chance in at most one of a thousand runs.
PLAN = {
    "stages": [
        {"sharePercent": 10, "minRequests": 100, "maxDurationMs": HOUR_MS},
        {"sharePercent": 25, "minRequests": 200, "maxDurationMs": HOUR_MS},
        {"sharePercent": 50, "minRequests": 400, "maxDurationMs": HOUR_MS},
    ],
    "criteria": {
        "advanceWhen": "not-worse",
        "errorRate": {"maxIncrease": 0.02},
        "slowShare": {"latencyBoundMs": 250, "maxIncrease": 0.05},
        "accuracy": {"maxDrop": 0.1, "minFeedback": 30},
        "alpha": 0.001,
    },
}
TAKEN = {"recorded", "pending", "unchanged"}


class Traffic:
    """Rows of people whose outcome is known, sent one by one to a deployment, round and round."""

    def __init__(self, api: Api, gateway_url: str, deployment: str, frame: pd.DataFrame) -> None:
        self.api, self.deployment = api, deployment
        self.rows, self.outcomes = features(frame), frame[TARGET].to_numpy()
        self.headers = {"authorization": str(api.session.headers["authorization"])}
        address = urlsplit(gateway_url)
        self.client = oip.InferenceServerClient(address.netloc, ssl=address.scheme == "https")
        self.position = 0
        self.answers: Counter[str] = Counter()

    def predict(self, row: np.ndarray) -> oip.InferResult:
        tensor = oip.InferInput("features", list(row.shape), "FP32")
        tensor.set_data_from_numpy(row, binary_data=False)
        wanted = [oip.InferRequestedOutput("label", binary_data=False)]
        try:
            return self.client.infer(self.deployment, [tensor], outputs=wanted, headers=self.headers)
        except (oip.InferenceServerException, HTTPConnectionClosed, OSError) as problem:
            raise NotAsItShouldBe(f"The gateway did not answer a request to {self.deployment}: {problem}") from problem

    def send(self, count: int = BATCH) -> None:
        items = []
        for _ in range(count):
            at = self.position % len(self.rows)
            self.position += 1
            result = self.predict(self.rows[at : at + 1])
            response = result.get_response()
            check(int(result.as_numpy("label")[0]) in (0, 1), f"The label is neither 0 nor 1: {response}")
            self.answers[response["model_version"]] += 1
            # A request without an id of its own is answered with the prediction's.
            items.append({"predictionId": response["id"], "value": int(self.outcomes[at])})
        results = self.api.post("/feedback", items=items)["results"]
        refused = [each for each in results if each["outcome"] not in TAKEN]
        check(not refused, f"Feedback was not taken: {refused[:3]}")


def watch(api: Api, rollout_id: str, traffic: Traffic, expected: str, seconds: float = 400) -> dict:
    """Sends traffic until the canary has ended by itself, telling each stage; anything but the expected end is a fault."""
    told = ""

    def look() -> dict:
        nonlocal told
        traffic.send()
        rollout = api.get(f"/rollouts/{rollout_id}")
        line = f"{rollout['state']}, {rollout['sharePercent']}% to version {rollout['to']['number']}"
        if line != told:
            say("canary", line)
            told = line
        return rollout

    def other_end(rollout: dict) -> str | None:
        return f"it ended {rollout['state']}: {rollout['stateReason']}" if rollout["finishedAt"] else None

    return wait_for(f"The rollout to end {expected}", look, lambda rollout: rollout["state"] == expected, other_end, seconds)


def serves(api: Api, deployment: str, version: int) -> str:
    """Waits until the gateway serves this version as the stable one; gives back the gateway's address."""
    found = api.get(f"/deployments/{deployment}")
    if (found["stable"] or {}).get("number") != version:
        raise NotAsItShouldBe(f"{deployment} should serve version {version}; it serves {found['stable']}.")
    check(found["admission"]["admitted"], f"{deployment} is not admitted: {found['admission']['missing']}")
    host, headers = urlsplit(found["gatewayUrl"]), {"authorization": str(api.session.headers["authorization"])}
    client = oip.InferenceServerClient(host.netloc, ssl=host.scheme == "https")

    def metadata() -> dict:
        try:
            return client.get_model_metadata(deployment, headers=headers)
        except oip.InferenceServerException as problem:
            return {"problem": str(problem)}

    wait_for(f"{deployment} serving version {version}", metadata, lambda answer: answer.get("versions") == [str(version)], seconds=120)
    return found["gatewayUrl"]
