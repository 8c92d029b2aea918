"""MNIST and Fashion-MNIST: where their files may lie, and whether what lies there is them."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from slthlib.lab import _download, _idx
from slthlib.lab._published import ELSEWHERE, FILES

_SIDE = 28
_CLASSES = 10

#: Images [N, 28, 28] and labels [N], as bytes.
Samples = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def read(name: str, root: str | Path | None, download: bool) -> tuple[Samples, Samples, bool]:
    """Training and test samples, and whether all four files hold what was published."""
    paths, fetched = _find(name, root, download)
    train, train_sums = _part(*paths[:2])
    test, test_sums = _part(*paths[2:])
    original = True
    for path, file, found in zip(paths, FILES[name], train_sums + test_sums, strict=True):
        for other, others in FILES.items():
            for one in others:
                if found == one.plain and (other, one.name) != (name, file.name):
                    raise ValueError(f"{path}: expected {file.name} of {name}, got {one.name} of {other}")
        if found != file.plain:
            original = False
            if fetched:
                raise ValueError(f"{path}: expected what was downloaded, got something else; remove the file")
    return train, test, original


def _part(images: Path, labels: Path) -> tuple[Samples, list[str]]:
    x, x_sum = _idx.read(images, (_SIDE, _SIDE))
    y, y_sum = _idx.read(labels, ())
    if len(x) != len(y):
        raise ValueError(f"{labels}: expected a label for each of the {len(x)} images, got {len(y)}")
    if y.max() >= _CLASSES:
        raise ValueError(f"{labels}: expected labels from 0 to {_CLASSES - 1}, got {y.max()}")
    return (x, y), [x_sum, y_sum]


def _find(name: str, root: str | Path | None, download: bool) -> tuple[list[Path], bool]:
    """The four files, and whether we put them there."""
    setting = os.environ.get("SLTHLIB_DATA", "")
    where = "SLTHLIB_DATA" if root is None else "root"
    top = (Path(setting) if setting else None) if root is None else Path(root)
    if root is not None and not Path(root).is_dir():
        raise FileNotFoundError(f"root: expected an existing folder, got {root}")
    for folder in (top / name, top) if top else ():
        found = [_present(folder, file.name) for file in FILES[name]]
        if all(found):
            return [path for path in found if path], False
        if any(found) and not download:
            missing = [file.name for file, path in zip(FILES[name], found, strict=True) if path is None]
            raise FileNotFoundError(f"{name}: {folder} lacks {', '.join(missing)} (plain or with .gz)")
    cache = _download.cache(name, needed=download) if root is None else Path(root) / name
    if cache and download:
        _download.fetch(name, cache)
    if cache and all((cache / f"{file.name}.gz").is_file() for file in FILES[name]):
        return [cache / f"{file.name}.gz" for file in FILES[name]], True
    raise FileNotFoundError(
        f"{name}: expected {', '.join(file.name for file in FILES[name])} (plain or with .gz), found none: "
        f"{where} is {top if top else 'not set'}. Pass root= or set SLTHLIB_DATA to their folder, "
        f"or pass download=True; or {ELSEWHERE[name]}"
    )


def _present(folder: Path, name: str) -> Path | None:
    """The file under one of its usual names."""
    stem, _, kind = name.rpartition("-idx")
    for usual in (name, f"{stem}.idx{kind}"):
        for path in (folder / usual, folder / f"{usual}.gz"):
            if path.is_file():
                return path
    return None
