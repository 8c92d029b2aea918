"""Data sets: MNIST-1D generated, digits from scikit-learn, MNIST and Fashion-MNIST from checked files.

Nothing is downloaded unless you ask for it. Every ``Dataset`` says where it comes from and under which licence.
"""

import hashlib
import operator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slthlib.lab import _files, _mnist1d
from slthlib.lab._published import FILES, LICENCES, SOURCES

__all__ = ["Dataset", "load"]

_DIGITS = (1437, 360)  # four fifths to train on
_MOST = 1_000_000  # generated in a minute, a gigabyte while that lasts


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Samples to train on and to test with.

    Parameters
    ----------
    name : str
        What `load` knows it by.
    train_x : array of float32, shape (N, ...)
        Samples to train on: signals of 40 points, or images of 8 x 8 or 28 x 28 pixels between 0 and 1.
    train_y : array of int64, shape (N,)
        Their classes, from 0 to ``classes - 1``.
    test_x : array of float32, shape (N, ...)
        Samples to test with.
    test_y : array of int64, shape (N,)
        Their classes.
    classes : int
        How many classes there are.
    source : str
        Where the samples come from, whom to cite.
    licence : str
        Under which licence.
    original : bool
        Whether the samples are known to be the published ones, or of their generator; False for files that hold
        something else.

    Notes
    -----
    Used in: no chapter.
    """

    name: str
    train_x: NDArray[np.float32]
    train_y: NDArray[np.int64]
    test_x: NDArray[np.float32]
    test_y: NDArray[np.int64]
    classes: int
    source: str
    licence: str
    original: bool = True

    def __repr__(self) -> str:
        return (
            f"Dataset {self.name}: {len(self.train_y)} training and {len(self.test_y)} test samples "
            f"of shape {self.train_x.shape[1:]}, {self.classes} classes"
        )

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What tells these samples from others, for the provenance of a result."""
        digest = hashlib.sha256()
        for part in (self.train_x, self.train_y, self.test_x, self.test_y):
            digest.update(part.tobytes())
        return {"sha256": digest.hexdigest(), "original": self.original}

    @property
    def flat(self) -> "Dataset":
        """The same samples as rows: ``train_x`` and ``test_x`` of shape (N, features)."""
        return replace(
            self,
            train_x=self.train_x.reshape(len(self.train_x), -1),
            test_x=self.test_x.reshape(len(self.test_x), -1),
        )


def load(
    name: str = "mnist1d",
    *,
    root: str | Path | None = None,
    train: int | None = None,
    test: int | None = None,
    seed: int | None = None,
    download: bool = False,
) -> Dataset:
    """Load a data set.

    ``"mnist1d"`` is generated: by default the 4000 and 1000 signals that its authors' package makes, bit for bit, here
    rounded to float32. A longer set begins with the shorter one; its further samples are made alike and scaled alike.
    ``"digits"`` is the set of 1797 images that comes with scikit-learn, shuffled and split 1437 to 360.
    ``"mnist"`` and ``"fashion-mnist"`` are read from IDX files, plain or compressed by gzip: in `root` or a folder
    of the set's name in it; otherwise in the folder that the environment variable ``SLTHLIB_DATA`` names;
    otherwise among what was downloaded before. Files are checked before they are believed, downloads by their sha256.

    Parameters
    ----------
    name : str
        "mnist1d", "digits", "mnist" or "fashion-mnist".
    root : path, optional
        Folder of the IDX files; only for the sets that are read from files.
    train, test : int, optional
        How many samples to train on and to test with, at least 1. All by default; for "mnist1d" 4000 and 1000, and up
        to a million each can be had.
    seed : int, optional
        Seed of the generator of "mnist1d" (42 by default, that of its authors) and of the shuffling of
        "digits" (0 by default). For the other two, None takes the first samples, and a seed draws which.
    download : bool
        Whether to fetch missing files from where they are published: to a folder of the set's name in `root` if that
        is given, else to the cache of the user.

    Returns
    -------
    Dataset
        Samples as float32, classes as int64, source and licence.

    Raises
    ------
    FileNotFoundError
        If the files are missing; the message says what to set or to install.
    ValueError
        Also if a file is damaged, or not what its place says.

    Notes
    -----
    Used in: tickets/pruning, tickets/existence, tickets/supermasks, tickets/hidden, strong/pruning_is_all,
    strong/beyond_dense, strong/bits.
    """
    if not isinstance(name, str):
        raise TypeError(f"name: expected one of {_known()}, got {name!r}")
    if name not in SOURCES:
        raise ValueError(f"name: expected one of {_known()}, got {name!r}")
    if name not in FILES and root is not None:
        raise ValueError(f"root: expected None for {name}, which is not read from files, got {root!r}")
    if root is not None and not isinstance(root, str | Path):
        raise TypeError(f"root: expected a path, got {root!r}")
    if not isinstance(download, bool):
        raise TypeError(f"download: expected True or False, got {download!r}")
    start = _whole("seed", seed, 0, 2**32 - 1)
    sizes = _whole("train", train, 1, _MOST), _whole("test", test, 1, _MOST)
    if name == "mnist1d":
        train_x, train_y, test_x, test_y = _generated(sizes, start)
        original = True
    elif name == "digits":
        train_x, train_y, test_x, test_y = _digits(sizes, start)
        original = True
    else:
        training, tests, original = _files.read(name, root, download)
        train_x, train_y = _taken("train", training, sizes[0], start, 0)
        test_x, test_y = _taken("test", tests, sizes[1], start, 1)
    return Dataset(name, train_x, train_y, test_x, test_y, 10, SOURCES[name], LICENCES[name], original)


def _generated(sizes: tuple[int | None, int | None], seed: int | None) -> tuple[NDArray[Any], ...]:
    train, test = _mnist1d.generate(
        sizes[0] or _mnist1d.TRAIN, sizes[1] or _mnist1d.TEST, _mnist1d.SEED if seed is None else seed
    )
    return train.x.astype(np.float32), train.y, test.x.astype(np.float32), test.y


def _digits(sizes: tuple[int | None, int | None], seed: int | None) -> tuple[NDArray[Any], ...]:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ImportError("digits comes with scikit-learn: pip install 'slthlib[data]'") from None
    found = load_digits()
    train, test = sizes[0] or _DIGITS[0], sizes[1] or _DIGITS[1]
    if train + test > len(found.target):
        raise ValueError(f"train, test: expected at most {len(found.target)} together, got {train} and {test}")
    # Training samples from the front, test samples from the back: neither set changes with the size of the other.
    order = np.random.default_rng(seed or 0).permutation(len(found.target))
    front, back = order[:train], order[::-1][:test]
    x, y = (found.images / 16).astype(np.float32), found.target.astype(np.int64)
    return x[front], y[front], x[back], y[back]


def _taken(
    part: str, samples: _files.Samples, size: int | None, seed: int | None, purpose: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Some of the samples of a file, as numbers; only these are converted."""
    x, y = samples
    if size is not None and size > len(y):
        raise ValueError(f"{part}: expected at most the {len(y)} samples of the file, got {size}")
    if seed is not None:
        order = np.random.default_rng([seed, purpose]).permutation(len(y))[:size]
        x, y = x[order], y[order]
    pixels = x[:size].astype(np.float32)
    pixels /= 255
    return pixels, y[:size].astype(np.int64)


def _whole(name: str, value: Any, low: int, high: int) -> int | None:
    if value is None:
        return None
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: expected an integer or None, got {value!r}") from None
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{name}: expected an integer or None, got {value!r}")
    if not low <= number <= high:
        raise ValueError(f"{name}: expected an integer from {low} to {high}, got {number}")
    return number


def _known() -> str:
    return ", ".join(map(repr, SOURCES))
