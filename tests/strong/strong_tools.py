"""Small targets of every kind, and a slow twin of the search."""

import itertools

from slthlib.strong.quantizing import quantize
from slthlib.strong.targets import TargetLayer


def dense(rng, widths, *, bias=True, bits=5):
    """A dense network on the grid."""
    layers = []
    for inputs, outputs in itertools.pairwise(widths):
        weight = rng.normal(size=(outputs, inputs)) * 0.25
        layers.append((weight, rng.normal(size=outputs) * 0.1) if bias else weight)
    return quantize(layers, bits)


def convolutions(rng, *, bits=5):
    """Convolutions with padding, stride and dilation, the last as large as its image."""
    layers = [
        TargetLayer(rng.normal(size=(4, 2, 3, 3)) * 0.2, rng.normal(size=4) * 0.1, (1, 1), (1, 1)),
        TargetLayer(rng.normal(size=(3, 4, 3, 2)) * 0.2, rng.normal(size=3) * 0.1, (2, 1), (1, 0), (1, 2)),
        TargetLayer(rng.normal(size=(3, 3, 4, 6)) * 0.2),
    ]
    return quantize(layers, bits)


def first_prefix(items, target):
    """After how many items the target is a subset sum: sets of all sums, one item after the other."""
    sums = {0}
    if target == 0:
        return 0
    for place, item in enumerate(items, 1):
        sums |= {one + item for one in sums}
        if target in sums:
            return place
    return -1
