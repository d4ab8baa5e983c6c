"""Builds a package, as pip asks, and tries meanwhile what a hostile one would try. Run by hostile-job.db.test.ts."""

import json
import os
import runpy
import tempfile
import zipfile

INFO = "hostile-1.0.dist-info"


def try_everything():
    with open("targets.json") as file:
        targets = file.read()
    marker = json.loads(targets)["marker"]
    told = [name for name, value in os.environ.items() if marker in value]
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(TARGETS=targets, MODELWORKS_OUTPUTS=folder, TOKEN="none")
        runpy.run_path("hostile-job.py")
        with open(os.path.join(folder, "results.json")) as file:
            results = json.load(file)
    results["variables of the job"] = None if told else "none of them was there"
    return json.dumps(results)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = "hostile-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        wheel.writestr("hostile-results.json", try_everything())
        wheel.writestr(f"{INFO}/METADATA", "Metadata-Version: 2.1\nName: hostile\nVersion: 1.0\n")
        wheel.writestr(f"{INFO}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{INFO}/RECORD", "")
    return name
