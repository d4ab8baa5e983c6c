"""Needs the environment of templates/tabular-classifier/requirements.txt; trains for real, without a tracking server."""

import dataclasses
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tabular-classifier"))

try:
    import sklearn  # noqa: F401
except ModuleNotFoundError as missing:
    raise unittest.SkipTest("install templates/tabular-classifier/requirements.txt first") from missing

from tabular_classifier import data, export, train
from tabular_classifier.errors import InputProblem
from tabular_classifier.settings import ALGORITHMS, read_settings


class TabularClassifierTest(unittest.TestCase):
    def test_export_agrees_and_the_skewed_export_is_poor_on_heldout_rows(self) -> None:
        for algorithm in ALGORITHMS:
            settings = read_settings(["--algorithm", algorithm])
            split = data.split(data.load(settings), settings)
            *_, (_, pipeline, _) = train.fit(settings, split)
            rows, truth = train.matrix(split.heldout, split.features), split.heldout[settings.target].to_numpy()
            good = export.export(pipeline, split.features)
            export.check_parity(pipeline, good, rows)
            bad = export.export(export.skewed(pipeline, train.matrix(split.train, split.features)), split.features)
            self.assertGreater((export.run(good, rows)[0] == truth).mean(), 0.65)
            self.assertLess((export.run(bad, rows)[0] == truth).mean(), 0.45)

    def test_a_target_that_is_not_binary_is_refused(self) -> None:
        settings = dataclasses.replace(read_settings([]), target="bmi")
        with self.assertRaisesRegex(InputProblem, "exactly two values"):
            data.split(data.load(settings), settings)


if __name__ == "__main__":
    unittest.main()
