"""Entry point; see README.md for parameters, inputs and outputs."""

import os
import sys

from tabular_classifier.errors import InputProblem


def main() -> int:
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    try:
        from tabular_classifier import data, register
        from tabular_classifier.settings import read_settings

        settings = read_settings(sys.argv[1:])
        dataset = data.load(settings)
        summary = register.execute(settings, dataset, data.split(dataset, settings))
    except InputProblem as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    value = summary["evaluation"]
    print(f"accuracy {value['value']:.3f} on {value['n']} rows; registered {summary['registeredModel']} version {summary['version']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
