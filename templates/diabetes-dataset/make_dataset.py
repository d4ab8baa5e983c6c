"""Writes the diabetes data packaged in scikit-learn, with progression binarised at its median."""

import os
from pathlib import Path

from sklearn.datasets import load_diabetes


def main() -> None:
    bunch = load_diabetes(scaled=False, as_frame=True)
    frame = bunch.frame.drop(columns="target")
    frame["progressed"] = (bunch.target > bunch.target.median()).astype("int64")
    outputs = Path(os.environ.get("MODELWORKS_OUTPUTS", "outputs"))
    outputs.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(outputs / "diabetes.parquet", index=False)
    print(f"wrote diabetes.parquet: {len(frame)} rows, {int(frame['progressed'].sum())} progressed")


if __name__ == "__main__":
    main()
