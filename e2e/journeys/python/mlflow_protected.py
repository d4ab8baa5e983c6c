"""What the unmodified mlflow client meets on a model that is deployed: production moves to what is admitted, and to nothing else.
Needs MLFLOW_TRACKING_URI, MLFLOW_TRACKING_TOKEN, MODEL, ADMITTED and UNKNOWN (two of its versions)."""

import os
import warnings

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

warnings.filterwarnings("ignore", category=FutureWarning)
client = MlflowClient()
model, admitted, unknown = (os.environ[name] for name in ("MODEL", "ADMITTED", "UNKNOWN"))


def refusal(call) -> str:
    try:
        result = call()
    except MlflowException as problem:
        assert problem.error_code == "PERMISSION_DENIED", problem.error_code
        return str(problem)
    raise AssertionError(f"should be refused; it gave {result!r}")


text = refusal(lambda: client.set_registered_model_alias(model, "production", unknown))
assert f"version {unknown} is not admitted to production. Missing:" in text, text
assert f"/versions/{unknown}" in text, text
text = refusal(lambda: client.transition_model_version_stage(model, unknown, "Production", archive_existing_versions=True))
assert f"version {unknown} is not admitted to production" in text, text

client.set_registered_model_alias(model, "production", admitted)
assert str(client.get_model_version_by_alias(model, "production").version) == admitted
moved = client.transition_model_version_stage(model, admitted, "Production", archive_existing_versions=True)
assert moved.current_stage == "Production", moved
assert [str(each.version) for each in client.get_latest_versions(model, stages=["Production"])] == [admitted]
refusal(lambda: client.delete_registered_model_alias(model, "production"))
refusal(lambda: client.delete_model_version(model, admitted))
refusal(lambda: client.rename_registered_model(model, f"{model}-renamed"))
client.set_registered_model_alias(model, "candidate", unknown)
client.delete_registered_model_alias(model, "candidate")
print("protected: held")
