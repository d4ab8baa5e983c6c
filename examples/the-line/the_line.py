"""The whole line by REST, tokens and the ordinary mlflow client: from a CSV file to a model that proved itself in production, and a
bad one that was rolled back. See README.md for the tokens it needs. Ends with 1 and a reason at the first thing that is not as it should be."""

import argparse
import hashlib
import io
import json
import os
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import evidence
import mlflow
import mlflow.onnx
import numpy as np
import pandas as pd
import requests
import serving
import training
from mlflow.exceptions import MlflowException
from modelworks import Api, NotAsItShouldBe, Refused, check, fail, follow, say, wait_for
from sklearn.datasets import load_diabetes

# Runs as a job: binarises the outcome at its median. Its input and output folders are given by the portal.
PREPARE = """
import csv, os, pathlib, statistics
source = next(pathlib.Path(os.environ["MODELWORKS_INPUTS"], "raw").glob("*.csv"))
rows = list(csv.DictReader(source.open()))
middle = statistics.median(float(row["progression"]) for row in rows)
for row in rows:
    row["progressed"] = int(float(row.pop("progression")) > middle)
with open(pathlib.Path(os.environ["MODELWORKS_OUTPUTS"], "prepared.csv"), "w", newline="") as file:
    writer = csv.DictWriter(file, rows[0])
    writer.writeheader()
    writer.writerows(rows)
print(f"{len(rows)} rows prepared; the median is {middle:g}", flush=True)
"""


class Line:
    def __init__(self, name: str, scientist: Api, reviewer: Api, platform: Api | None) -> None:
        self.name, self.scientist, self.reviewer, self.platform = name, scientist, reviewer, platform
        self.story: dict[str, Any] = {"name": name, "versions": []}

    def upload(self) -> str:
        frame = load_diabetes(scaled=False, as_frame=True).frame.rename(columns={"target": "progression"})
        content = frame.to_csv(index=False).encode()
        path = f"/datasets/{self.name}-raw/uploads/diabetes.csv"
        sent = {"create": "true", "digest": f"sha256:{hashlib.sha256(content).hexdigest()}"}
        begun = self.scientist.send("PUT", path, params=sent, data=content).json()
        ended = wait_for(
            "The upload being registered",
            lambda: self.scientist.get(f"/uploads/{begun['id']}"),
            lambda upload: upload["state"] == "registered",
            lambda upload: str(upload.get("error")) if upload["state"] == "failed" else None,
        )
        version = self.scientist.get(f"/dataset-versions/{ended['versionId']}")
        check(version["rowCount"] == len(frame), f"{version['rowCount']} rows were registered of {len(frame)}.")
        say("datasets", f"{version['slug']} version {version['number']}: {version['rowCount']} rows, {version['manifestDigest'][:19]}…")
        return version["id"]

    def prepare(self, raw_version_id: str) -> tuple[dict[str, Any], pd.DataFrame]:
        """A job of our own, its log as it grows, and the dataset version that it made."""
        job = self.scientist.post(
            "/jobs",
            name=f"Prepare {self.name}",
            command=["python", "-c", PREPARE],
            requirements="# nothing but Python itself\n",
            inputs=[{"name": "raw", "datasetVersionId": raw_version_id}],
            outputs=[{"path": "prepared.csv", "dataset": {"slug": self.name, "name": self.name}}],
            timeLimitSeconds=300,
        )
        for text in follow(self.scientist, job["id"]):
            say("jobs", f"| {text}")
        ended = wait_for(
            "The job's output being registered",
            lambda: self.scientist.get(f"/jobs/{job['id']}"),
            lambda each: each["state"] == "succeeded" and each["outputs"] and bool(each["outputs"][0]["datasetVersionId"]),
            lambda each: each["reasonText"] if each["state"] in ("failed", "cancelled") else None,
        )
        version = self.scientist.get(f"/dataset-versions/{ended['outputs'][0]['datasetVersionId']}")
        # The same bytes give no new version: run again, the job is linked to the version that an earlier one made.
        check(version["producedByJobId"] is not None, "The dataset version does not name the job that made it.")
        file = version["files"][0]
        content = self.scientist.send("GET", f"/dataset-versions/{version['id']}/files/{file['path']}").content
        check(f"sha256:{hashlib.sha256(content).hexdigest()}" == file["digest"], "The file is not the one whose digest was registered.")
        say("jobs", f"{version['slug']} version {version['number']} by {job['id']}")
        self.story |= {"jobId": job["id"], "datasetVersionId": version["id"]}
        return version, pd.read_csv(io.BytesIO(content))

    def quota(self) -> None:
        """GPU quota is asked for by one and granted by another; without a platform administrator's token this station is left out."""
        if self.platform is None:
            return say("quota", "left out: there is no MODELWORKS_PLATFORM_TOKEN")
        self.platform.put("/quota/flavors/example-gpu", title="Example GPU", capacityMilli=8000)
        until = (datetime.now(timezone.utc) + timedelta(days=1)).isoformat()
        asked = self.scientist.post("/quota/requests", flavor="example-gpu", amountMilli=500, until=until, why="Half a GPU for a day.")
        self.scientist.must_refuse("POST", f"/quota/requests/{asked['id']}/decision", "forbidden", decision="approve", reason="Mine.")
        granted = self.platform.post(f"/quota/requests/{asked['id']}/decision", decision="approve", reason="There is room.")
        check(granted["state"] == "approved", f"The quota request is {granted['state']}.")
        self.story["quotaRequestId"] = asked["id"]
        return say("quota", f"0.5 GPUs granted until {granted['until']}")

    def version(self, frame: pd.DataFrame, dataset: dict[str, Any], strength: float, degraded: bool = False) -> dict[str, Any]:
        """Train, register, wait for the gates, check the evidence outside, ask for a review and have it decided."""
        run_id, number = training.train(self.name, frame, dataset, strength, degraded)
        mlflow.MlflowClient().set_registered_model_alias(self.name, "candidate", number)
        loaded = mlflow.onnx.load_model(f"models:/{self.name}@candidate")
        label, _ = training.answer(loaded, training.features(frame)[:20])
        check(set(np.unique(label)) <= {0, 1}, f"The loaded model answers {label}.")
        say("registry", f"{self.name} version {number} from run {run_id}, loaded again as @candidate")

        address = f"/models/{self.name}/versions/{number}"
        judged = wait_for("The gates being done", lambda: self.scientist.get(address), lambda each: each["gatesOutcome"] is not None)
        for verdict in judged["gates"]["verdicts"]:
            say("gates", f"{verdict['policyKey']:<18} {verdict['verdict']:<14} {verdict['message']}")
        check(judged["gatesOutcome"] in ("pass", "indeterminate"), f"The gates say {judged['gatesOutcome']}.")
        self.verify(judged)

        asked = self.scientist.post(f"{address}/reviews", environment="production", rationale="It meets the threshold fixed before the run.")
        decision = f"/reviews/{asked['reviewId']}/decision"
        self.scientist.must_refuse("POST", decision, "forbidden", decision="approve", reason="My own work.")
        seen = self.reviewer.get(f"/reviews/{asked['reviewId']}")
        self.reviewer.post(decision, decision="approve", reason="Evidence checked by script.", seenDigests=seen["boundDigests"])
        approved = self.scientist.get(f"/reviews/{asked['reviewId']}")
        check(approved["state"] == "approved", f"The review is {approved['state']}: {approved['stateReason']}")
        say("review", f"{asked['reviewId']} approved by another person's token")
        self.verify(judged)
        made = {"number": int(number), "id": judged["id"], "runId": run_id, "reviewId": asked["reviewId"], "degraded": degraded}
        self.story["versions"].append(made)
        return made

    def verify(self, version: dict[str, Any]) -> None:
        """Every attestation about the version, with openssl and arithmetic alone."""
        keys = requests.get(f"{self.scientist.url}/log/keys.json", timeout=30).json()
        subject = {"subjectKind": "model_version", "subjectId": version["id"]}
        ids = [each["id"] for each in self.scientist.items("/attestations", **subject)]
        kinds = []
        for each in ids:
            bundle = self.scientist.get(f"/attestations/{each}/bundle")
            kinds.append(evidence.verify(bundle, keys, version["manifestDigest"])["predicateType"].split("/")[-2])
        check(kinds.count("policy-evaluation") >= 6, f"Six policies should be attested; there are: {kinds}")
        self.story.setdefault("attestations", {})[version["id"]] = ids
        say("evidence", f"{len(ids)} attestations verified with openssl, each in the transparency log")

    def deploy(self, version: dict[str, Any], environment: str) -> dict[str, Any]:
        # The plan is for a later version in production; staging and a first version take all requests at once.
        return self.scientist.post("/deployments", model=self.name, version=version["number"], environment=environment, plan=serving.PLAN)

    def release(self, version: dict[str, Any], frame: pd.DataFrame, expected: str = "succeeded") -> None:
        """To production; a canary where something is served already."""
        deployed = self.deploy(version, "production")
        name = deployed["name"]
        before = self.scientist.get(f"/deployments/{name}")
        traffic = serving.Traffic(self.scientist, before["gatewayUrl"], name, training.split(frame)["traffic"])
        stable = before["stable"]["number"]
        if deployed["rolloutId"]:
            ended = serving.watch(self.scientist, deployed["rolloutId"], traffic, expected)
            stable = version["number"] if expected == "succeeded" else stable
            say("serving", f"rollout {ended['id']} {ended['state']}: {ended['stateReason']}")
            version["rolloutId"] = ended["id"]
        serving.serves(self.scientist, name, stable)
        traffic.send()
        self.story["deployment"] = name
        say("serving", f"{name} serves version {stable}; answered by version: {dict(traffic.answers)}")

    def watch_alerts(self) -> None:
        """The alert and the notification follow the rollback a moment later, as all background work does."""
        rolled_back = self.story["versions"][-1]["rolloutId"]

        def about(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [each for each in items if rolled_back in each["href"]]

        alerts = wait_for(
            f"An open alert about the rollout {rolled_back}",
            lambda: list(self.scientist.items("/alerts", state="open")),
            lambda items: len(about(items)) > 0,
            seconds=60,
        )
        title = about(alerts)[0]["title"]
        # Alerts of a deployment are told together: the title may be one of several.
        wait_for(
            f"A notification that {title}",
            lambda: list(self.scientist.items("/inbox")),
            lambda items: any(title in f"{each['title']} {each['body']}" for each in items),
            seconds=60,
        )
        say("monitoring", f"{len(alerts)} open alert(s), and the inbox tells of the rollback")

    def close(self) -> None:
        velocity = self.scientist.get("/insights/velocity")
        say("home", f"velocity from events: {json.dumps(velocity)[:160]}…")
        if self.platform is None:
            return
        verdict = self.platform.get("/audit/verify")
        check(verdict["ok"], f"The audit chain is broken: {verdict}")
        say("admin", f"audit chain of {verdict['checked']} rows holds, head {verdict['head'][:16]}…")


def setting(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise NotAsItShouldBe(f"{name} is not set; README.md says where it comes from.")
    return value


def run(name: str) -> dict[str, Any]:
    url, token = os.environ.get("MODELWORKS_URL", "http://127.0.0.1:3000"), setting("MODELWORKS_TOKEN")
    os.environ |= {"MLFLOW_TRACKING_URI": url, "MLFLOW_TRACKING_TOKEN": token}
    platform = os.environ.get("MODELWORKS_PLATFORM_TOKEN")
    line = Line(name, Api(url, token), Api(url, setting("MODELWORKS_REVIEW_TOKEN")), Api(url, platform) if platform else None)
    dataset, frame = line.prepare(line.upload())
    line.quota()
    first = line.version(frame, dataset, strength=0.1)
    staged = line.deploy(first, "staging")["name"]
    serving.serves(line.scientist, staged, first["number"])
    say("serving", f"{staged} serves version {first['number']} in staging")
    line.release(first, frame)
    line.release(line.version(frame, dataset, strength=1), frame)
    line.release(line.version(frame, dataset, strength=1, degraded=True), frame, expected="rolled_back")
    line.watch_alerts()
    line.close()
    return line.story


def main() -> int:
    parser = argparse.ArgumentParser(description="Drive the whole line by REST, tokens and mlflow.")
    parser.add_argument("--name", default="diabetes-by-script", help="dataset, experiment, model and deployment are named after it")
    parser.add_argument("--story", type=Path, help="write what was made to this JSON file")
    options = parser.parse_args()
    try:
        story = run(options.name)
    except (Refused, NotAsItShouldBe) as problem:
        return fail(str(problem))
    except MlflowException as problem:
        return fail(f"mlflow says {problem.error_code}: {problem.message}")
    except requests.RequestException as problem:
        return fail(f"Modelworks did not answer: {problem}")
    if options.story:
        options.story.write_text(json.dumps(story, indent=2) + "\n")
    say("done", f"{options.name}: a good version holds production, the degraded one was rolled back")
    return 0


if __name__ == "__main__":
    sys.exit(main())
