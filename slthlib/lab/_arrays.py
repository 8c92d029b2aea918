"""The array format of a recorded result: an ``.npz`` without pickle, whose bytes depend on the values alone."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_KINDS = "biuf"


def to_npz(table: Any) -> bytes:
    """Lay out named arrays of numbers or booleans, uncompressed, in the order given.

    Parameters
    ----------
    table : mapping from str to array
        Arrays of any shape; names are letters, digits and underscores.

    Returns
    -------
    bytes
        The file.
    """
    if not isinstance(table, Mapping) or not table:
        raise TypeError(f"table: expected a mapping from names to arrays, got {type(table).__name__}")
    arrays = {}
    for name, value in table.items():
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(f"table: expected names of letters, digits and underscores, got {name!r}")
        arrays[name] = array = np.asarray(value)
        if array.dtype.kind not in _KINDS:
            raise TypeError(f"array {name!r}: expected numbers or booleans, got dtype {array.dtype}")
        if array.dtype.kind == "f" and np.isnan(array).any():
            raise ValueError(f"array {name!r}: expected numbers, got NaN")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            little = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
            np.lib.format.write_array(member, little, version=(1, 0), allow_pickle=False)
            # A fixed date, or two runs would differ.
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0)), member.getvalue())
    return buffer.getvalue()


def from_npz(payload: bytes) -> dict[str, NDArray[Any]]:
    """Read-only arrays of a payload that `to_npz` made; nothing larger than the payload itself is allocated."""
    arrays = {}
    with zipfile.ZipFile(io.BytesIO(payload)) as archive:
        for member in archive.infolist():
            if member.compress_type != zipfile.ZIP_STORED or not member.filename.endswith(".npy"):
                raise ValueError(f"expected uncompressed arrays, got the member {member.filename!r}")
            content = archive.read(member)
            stream = io.BytesIO(content)
            if np.lib.format.read_magic(stream) != (1, 0):
                raise ValueError(f"expected an array of format 1.0 in {member.filename!r}")
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
            size = dtype.itemsize
            for length in shape:
                size *= length
            if dtype.kind not in _KINDS or fortran or size != len(content) - stream.tell():
                raise ValueError(f"expected plain numbers that fill {member.filename!r}, got {dtype} of shape {shape}")
            array = np.frombuffer(content, dtype, offset=stream.tell()).reshape(shape)
            arrays[member.filename.removesuffix(".npy")] = array
    if not arrays:
        raise ValueError("expected at least one array, got none")
    return arrays
