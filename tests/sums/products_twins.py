"""The law of a product X = a b, exactly: what the steps of the appendix *Products* are checked with.

``kind`` is "both" (b of either sign, case (i) of the page) or "one" (b positive, case (ii)).
"""

import numpy as np

KINDS = ("both", "one")


def factors(M1, M2, kind):
    a = np.arange(-M1, M1 + 1)
    b = np.arange(-M2, M2 + 1) if kind == "both" else np.arange(1, M2 + 1)
    return a, b


def pairs(M1, M2, kind):
    """L, the number of pairs."""
    a, b = factors(M1, M2, kind)
    return a.size * b.size


def representations(M1, M2, kind):
    """r(x) for x = -B..B: how many pairs have the product x."""
    a, b = factors(M1, M2, kind)
    return np.bincount((np.multiply.outer(a, b) + M1 * M2).ravel(), minlength=2 * M1 * M2 + 1)


def transform(theta, M1, M2, kind):
    """phi at every theta, as the mean over b of the transform of a."""
    _, b = factors(M1, M2, kind)
    N1, total = 2 * M1 + 1, np.zeros_like(theta)
    for value, weight in zip(*np.unique(np.abs(b), return_counts=True), strict=True):
        half = 0.5 * value * theta
        below = N1 * np.sin(half)
        with np.errstate(invalid="ignore", divide="ignore"):
            wave = np.sin(N1 * half) / below
        near = np.abs(np.sin(half)) < 1e-9  # a multiple of 2 pi: the limit is 1
        total += weight * np.where(near, 1.0, wave)
    return total / b.size


def edge(M1, M2, kind):
    """theta_0, where the minor arc begins."""
    return (4 if kind == "both" else 2) * np.pi / pairs(M1, M2, kind)


def ell(M2):
    return 1 + 2 * np.log(M2)


def draw(rng, shape, M1, M2, kind):
    b = rng.integers(-M2, M2 + 1, shape) if kind == "both" else rng.integers(1, M2 + 1, shape)
    return rng.integers(-M1, M1 + 1, shape) * b
