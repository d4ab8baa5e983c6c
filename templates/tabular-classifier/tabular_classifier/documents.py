"""The contract and the first draft of the model card, written from what the run measured."""

from .data import Dataset, Split
from .settings import Settings


def contract(settings: Settings, split: Split) -> dict[str, object]:
    return {
        "inputs": [{"name": "features", "datatype": "FP32", "shape": [-1, len(split.features)], "featureNames": split.features}],
        "outputs": [
            {"name": "label", "datatype": "INT64", "shape": [-1]},
            {"name": "probabilities", "datatype": "FP32", "shape": [-1, 2]},
        ],
        "resources": {"cpuMilli": 500, "memoryBytes": 536870912},
        "latencyBoundMs": settings.latency_bound_ms,
        "observability": ["latency", "errors", "predictions", "feedback"],
    }


def card(settings: Settings, dataset: Dataset, split: Split, report: dict) -> dict[str, object]:
    interval = report["interval"]
    sizes = f"{len(split.train)} rows train, {len(split.evaluation)} evaluate and {len(split.heldout)} are held out"
    return {
        "summary": f"Predicts '{settings.target}' (0 or 1) from {len(split.features)} numeric features with {settings.algorithm}.",
        "intended_use": f"Ranking and triage of cases by the probability of '{settings.target}', with a person deciding.",
        "out_of_scope": "Decisions without a person, and data from populations or instruments other than those of the training data.",
        "training_data": f"{dataset.name} ({dataset.digest}): {sizes}, split by a hash of the row and seed {settings.seed}.",
        "evaluation": (
            f"Accuracy {report['value']:.3f} on {report['n']} rows (95 % Wilson interval {interval['low']:.3f} to {interval['high']:.3f}); "
            f"required {settings.threshold}, fixed before the run."
        ),
        "fairness": f"Selection, true and false positive rates by {', '.join(settings.groups) or 'no group'} are in evaluation/report.json.",
        "limitations": f"{report['n']} evaluation rows leave wide intervals, above all within groups; performance over time was not measured.",
        "ethical": f"Group columns ({', '.join(settings.groups) or 'none'}) are features of the model; review the rates per group before use.",
        "owner": settings.owner,
        "contact": settings.contact,
        "licence": "Apache-2.0",
    }
