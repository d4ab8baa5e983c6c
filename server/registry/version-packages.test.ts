import { expect, it } from "vitest";
import { packagesOf } from "./version-packages";

it("reads what a locked requirements file pins, without hashes, comments and options", () => {
  const text = [
    "# made by pip-compile",
    "--index-url https://example.org/simple",
    "numpy==2.1.3 \\",
    "    --hash=sha256:abc \\",
    "    --hash=sha256:def",
    "scikit-learn == 1.6.0  # via -r requirements.in",
    "pandas[parquet]>=2,<3 ; python_version > '3.9'",
    "PyYAML",
    "",
  ].join("\n");
  expect(packagesOf(text)).toEqual([
    { name: "numpy", version: "2.1.3" },
    { name: "scikit-learn", version: "1.6.0" },
    { name: "pandas[parquet]", version: ">=2,<3 ; python_version > '3.9'" },
    { name: "pyyaml", version: "any version" },
  ]);
});
