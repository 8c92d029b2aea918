"""MNIST-1D, generated: ten templates of twelve points, padded, stretched, shifted, with noise and a slope.

The steps and their constants are those of S. Greydanus and D. Kobak, "Scaling down deep learning with MNIST-1D",
ICML 2024 (arXiv 2011.14439). Random numbers are drawn in the order of the authors' generator from NumPy's frozen
``RandomState``, so that the default set is theirs bit for bit. Everything else is done for all samples at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from tqdm import tqdm

#: Sizes of the authors' set, and its seed.
TRAIN, TEST, SEED = 4000, 1000, 42

_CLASSES = 10
_POINTS = 12  # of a template
_PADDING = (36, 60)  # zeros behind it: at least, at most
_LONG = _POINTS + _PADDING[1]
_SHORT = 40  # points of a sample
_SCALE, _SHIFT, _CORRELATED, _WHITE, _SHEAR = 0.4, 48, 0.25, 0.02, 0.75
#: Samples beyond theirs come in blocks of this many.
_BLOCK = 1000
_MANY = 50  # blocks take some seconds

# One row a digit, as tall as it is drawn.
_TEMPLATES = np.array(
    [
        [5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5],
        [5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5],
        [5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5],
        [5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5],
        [5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5],
        [5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5],
        [5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5],
        [5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5],
    ]
)


@dataclass(frozen=True)
class Samples:
    """Signals ``x`` [N, 40] float64 and their digits ``y`` [N] int64."""

    x: NDArray[np.float64]
    y: NDArray[np.int64]


def generate(train: int, test: int, seed: int) -> tuple[Samples, Samples]:
    """Training and test samples.

    The first 4000 and 1000 are the authors' set for this seed. What is asked for beyond comes in blocks of 1000 from
    generators of their own, ``[seed, 0 or 1, block]`` for training and test, scaled as the first 5000 were: so a longer
    set begins with the shorter one, and the length of one part says nothing about the other.
    """
    raw = _signals(np.random.RandomState(seed), TRAIN + TEST)
    mean, spread = raw.x.mean(), raw.x.std()

    def part(first: Samples, size: int, which: int) -> Samples:
        count = -(-max(0, size - len(first.y)) // _BLOCK)
        blocks: Iterable[int] = range(count)
        if count > _MANY:
            blocks = tqdm(blocks, desc="MNIST-1D", unit=" thousand", leave=False, disable=None)
        more = [_signals(np.random.RandomState([seed, which, block]), _BLOCK) for block in blocks]
        x = np.concatenate([first.x, *(one.x for one in more)])[:size]
        return Samples((x - mean) / spread, np.concatenate([first.y, *(one.y for one in more)])[:size])

    return (
        part(Samples(raw.x[:TRAIN], raw.y[:TRAIN]), train, 0),
        part(Samples(raw.x[TRAIN:], raw.y[TRAIN:]), test, 1),
    )


def _signals(rng: np.random.RandomState, samples: int) -> Samples:
    """Samples before scaling, as many of each digit, in random order."""
    y = np.repeat(np.arange(_CLASSES), samples // _CLASSES)
    pads, shifts = np.empty(samples, np.int64), np.empty(samples, np.int64)
    scales, shears = np.empty(samples), np.empty(samples)
    correlated, white = np.empty((samples, _LONG)), np.empty((samples, _LONG))
    for i in range(samples):  # the order of these six is the authors'
        pads[i] = int(rng.rand() * (_PADDING[1] - _PADDING[0] + 1))
        scales[i] = rng.rand() - 0.5
        shifts[i] = rng.randint(_SHIFT)
        correlated[i] = rng.randn(_LONG)
        white[i] = rng.randn(_LONG)
        shears[i] = rng.rand() - 0.5
    x = _stretched()[y, pads]
    x *= (1 + _SCALE * scales)[:, None]
    x = np.take_along_axis(x, (np.arange(_LONG) - shifts[:, None]) % _LONG, axis=1)
    # Smooth noise goes where the signal is not.
    x = np.where(x != 0, x, gaussian_filter1d(_CORRELATED * correlated, 2, axis=1))
    x = x + _WHITE * white
    x = x - (_SHEAR * shears)[:, None] * np.linspace(-0.5, 0.5, _LONG)
    coarse, fine = np.linspace(0, 1, _SHORT), np.linspace(0, 1, _LONG)
    x = np.stack([np.interp(coarse, fine, row) for row in x])
    order = rng.permutation(samples)
    return Samples(x[order], y[order])


@cache
def _stretched() -> NDArray[np.float64]:
    """Every template with every number of zeros behind it, brought to one length: [10, 25, 72]."""
    x = _TEMPLATES - _TEMPLATES.mean(axis=1, keepdims=True)
    x /= x.std(axis=1, keepdims=True)
    x -= x[:, :1]  # a signal starts at 0
    x = x / 6.0 + 1e-8  # off zero, so that the zeros behind are told from those within
    out = np.empty((_CLASSES, _PADDING[1] - _PADDING[0] + 1, _LONG))
    for pad in range(out.shape[1]):
        for digit, row in enumerate(np.pad(x, ((0, 0), (0, _PADDING[0] + pad)))):
            out[digit, pad] = np.interp(np.linspace(0, 1, _LONG), np.linspace(0, 1, row.size), row)
    return out
