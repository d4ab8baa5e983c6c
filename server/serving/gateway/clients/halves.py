"""Prints how numpy rounds numbers to half floats: `bits value fp16 bf16`, a line each, after all FP16 and BF16 values there are."""

import warnings

import ml_dtypes
import numpy as np

warnings.simplefilter("ignore")

patterns = np.arange(65536, dtype=np.uint16)
print(" ".join(repr(float(each)) for each in patterns.view(np.float16)))
print(" ".join(repr(float(each)) for each in patterns.view(ml_dtypes.bfloat16)))
random = np.random.default_rng(3)
exponents = random.uniform(-45, 40, 3000)
single = (random.choice([-1, 1], 3000) * 10.0**exponents).astype(np.float32)
# Halfway between two neighbours, where ties go to the even one.
finite = patterns.view(np.float16)[:31743].astype(np.float32)
ties = ((finite[:-1] + finite[1:]) / 2)[:: 16]
values = np.concatenate([single, ties, np.float32([0.0, -0.0, 65504, 65519, 65520, 2**-25, 2**-24])])
for value in values:
    half = np.float32(value).astype(np.float16).view(np.uint16)
    brain = np.float32(value).astype(ml_dtypes.bfloat16).view(np.uint16)
    print(repr(float(value)), half, brain)
