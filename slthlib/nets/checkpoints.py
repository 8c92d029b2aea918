"""Checkpoints: a training's whole state as plain arrays in one npz file. No pickle, and sizes are checked first."""

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from slthlib.nets.parameters import Masks, Parameters
from slthlib.nets.results import Training

__all__ = ["load_checkpoint", "save_checkpoint"]

_FORMAT = 1


def save_checkpoint(path: str | os.PathLike[str], training: Training) -> None:
    """Write a training's whole state, at once: an interrupted write leaves the old file.

    Parameters
    ----------
    path : str or path
        A name that ends in .npz.
    training : Training
        Parameters, masks, optimizer state, losses, and what was kept on the way.

    Notes
    -----
    Used in: no chapter.
    """
    target = _checked_path(path)
    if not isinstance(training, Training):
        raise TypeError(f"training: expected a Training, got {type(training).__name__}")
    arrays: dict[str, NDArray[Any]] = {
        "format": np.array(_FORMAT),
        "step": np.array(training.step),
        "updates": np.array(training.updates),
        "losses": training.losses,
        "evaluated": training.evaluated,
        "accuracy": training.accuracy,
    }
    groups = {"parameters": training.parameters}
    groups |= {f"moments/{name}": moment for name, moment in training.moments.items()}
    groups |= {f"kept/{step}": parameters for step, parameters in training.kept.items()}
    for group, tensors in [*groups.items(), *([("masks", training.masks)] if training.masks is not None else [])]:
        arrays |= {f"{group}/{name}": tensor.detach().cpu().numpy() for name, tensor in tensors.items()}
    draft = target.with_name(target.name + ".draft")
    with draft.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    os.replace(draft, target)


def load_checkpoint(path: str | os.PathLike[str]) -> Training:
    """Read what `save_checkpoint` wrote. The file is not trusted: nothing in it is run, and no size is believed.

    Parameters
    ----------
    path : str or path
        A name that ends in .npz.

    Returns
    -------
    Training
        On the CPU, bit for bit what was saved.

    Notes
    -----
    Used in: no chapter.
    """
    target = _checked_path(path)
    try:
        arrays = _arrays(target)
        return _training(arrays)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        raise ValueError(f"{target}: expected a checkpoint of slthlib, got a file that is none ({error})") from None


def _checked_path(path: str | os.PathLike[str]) -> Path:
    target = Path(path)
    if target.suffix != ".npz":
        raise ValueError(f"path: expected a name ending in .npz, got {target.name}")
    return target


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Every array of the file, if its header tells the size that the file has for it."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > path.stat().st_size:
            raise ValueError("its parts claim more bytes than the file has")
        for member in members:
            if member.compress_type != zipfile.ZIP_STORED or not member.filename.endswith(".npy"):
                raise ValueError(f"{member.filename} is not a plain array")
            payload = archive.read(member)
            stream = io.BytesIO(payload)
            version = np.lib.format.read_magic(stream)
            if version != (1, 0):
                raise ValueError(f"{member.filename} has a header of version {version}")
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
            size = len(payload) - stream.tell()
            if dtype.hasobject or fortran or dtype.kind not in "bif" or size != dtype.itemsize * _product(shape):
                raise ValueError(f"{member.filename} is not the array its header tells of")
            found[member.filename.removesuffix(".npy")] = np.frombuffer(payload, dtype, offset=stream.tell()).reshape(
                shape
            ).copy()  # fmt: skip
    return found


def _product(shape: tuple[int, ...]) -> int:
    product = 1
    for length in shape:
        product *= length
    return product


def _training(arrays: dict[str, NDArray[Any]]) -> Training:
    if int(arrays["format"]) != _FORMAT:
        raise ValueError(f"format {arrays['format']}, where {_FORMAT} is known")
    groups: dict[str, dict[str, torch.Tensor]] = {}
    for key, array in arrays.items():
        group, slash, name = key.rpartition("/")
        if slash:
            groups.setdefault(group, {})[name] = torch.from_numpy(array)

    def under(prefix: str) -> dict[str, Parameters]:
        return {
            group.removeprefix(prefix): Parameters(tensors)
            for group, tensors in groups.items()
            if group.startswith(prefix)
        }

    return Training(
        parameters=Parameters(groups["parameters"]),
        step=int(arrays["step"]),
        losses=arrays["losses"],
        moments=under("moments/"),
        updates=int(arrays["updates"]),
        masks=Masks(groups["masks"]) if "masks" in groups else None,
        kept={int(step): parameters for step, parameters in under("kept/").items()},
        evaluated=arrays["evaluated"],
        accuracy=arrays["accuracy"],
    )
