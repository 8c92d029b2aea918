"""Run a ticket layer by layer, with random weights that are drawn block by block, in one of three arithmetics."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slthlib.strong._layout import Layout
from slthlib.strong._run_kernels import run_block, weigh_block
from slthlib.strong.recipe import Geometry, Recipe
from slthlib.sums._batches import Halt, run_in_chunks

#: Columns of the input that are worked on together, so that a row stays in the fastest cache.
_TOGETHER = 512

Arrays = list[NDArray[np.uint64]]


def run_ticket(recipe: Recipe, words: Arrays, x: NDArray[Any], constant: Any, threads: int | None) -> NDArray[Any]:
    """Outputs [N, out] or [N, out, height, width] for inputs of the type to compute with.

    ``constant`` is the number one in the unit of the inputs: 1.0 for floats.
    """
    for place, shape in enumerate(recipe.geometry):
        layout = recipe.layout(place)
        columns, base, step, form = _columns(shape, layout, x, constant)
        y = np.zeros((layout.outputs, columns.shape[1]), x.dtype)
        _run_layer(recipe, place, words[place], columns, base, step, y, threads)
        x = form(y)
        if x.dtype.kind == "i":
            constant = constant << layout.exponent
        if place + 1 < len(recipe.geometry):
            np.maximum(x, 0, out=x)
    return x


def _run_layer(
    recipe: Recipe, place: int, words: NDArray[np.uint64], x: NDArray[Any], base: NDArray[np.int64],
    step: NDArray[np.int64], y: NDArray[Any], threads: int | None,
) -> None:  # fmt: skip
    layout = recipe.layout(place)
    banks = layout.draw_banks(recipe.seed, place).astype(x.dtype)
    unit = x.dtype.type(1 if x.dtype.kind == "i" or layout.bits is None else 2.0**-layout.bits)
    if not layout.single:  # copies are passed on as they are
        banks *= unit

    def work(low: int, high: int, halt: Halt) -> None:
        for block in range(low, high):
            rows = slice(block * layout.block, min((block + 1) * layout.block, layout.outputs))
            a = layout.draw_rows(recipe.seed, place, block).astype(x.dtype) * unit
            for first in range(0, x.shape[1], _TOGETHER):
                part = np.ascontiguousarray(x[:, first : first + _TOGETHER])
                out = np.zeros((len(a), part.shape[1]), x.dtype)
                run_block(a, banks, layout.bank_of, words[rows], base, step, part, x.dtype.type(0), out, halt)
                y[rows, first : first + _TOGETHER] = out

    each = 1e-9 * (
        10 * layout.block * layout.coordinates * layout.units + 4 * layout.block * layout.coordinates * x.shape[1]
    )
    run_in_chunks(work, layout.blocks, each, threads=threads, progress=False, label="running")


def _columns(shape: Geometry, layout: Layout, x: NDArray[Any], constant: Any) -> tuple[NDArray[Any], Any, Any, Any]:
    """One row for each input of a unit, where the rows of each coordinate begin, and how to fold outputs back."""
    units = layout.units if layout.single else 1
    if shape.kernel is None:
        rows = x.T

        def form(y: NDArray[Any]) -> NDArray[Any]:
            return y.T
    else:
        rows, (n, height, width) = _patches(shape, x)

        def form(y: NDArray[Any]) -> NDArray[Any]:
            return y.reshape(-1, n, height, width).swapaxes(0, 1)

    taps = shape.taps
    channel, tap = np.divmod(np.arange(shape.inputs * taps), taps)
    base = (channel * units) * taps + tap
    step = np.full(base.size, taps if layout.single else 0)
    if layout.bias:
        rows = np.concatenate([rows, np.full((1, rows.shape[1]), constant, x.dtype)])
        base, step = np.append(base, len(rows) - 1), np.append(step, 0)
    return np.ascontiguousarray(rows), base, step, form


def _patches(shape: Geometry, x: NDArray[Any]) -> tuple[NDArray[Any], tuple[int, int, int]]:
    """Rows (channel, tap), columns (image, position): what each tap sees, zeros outside of the image."""
    assert shape.kernel is not None
    pad = [(0, 0), (0, 0), (shape.padding[0],) * 2, (shape.padding[1],) * 2]
    padded = np.pad(x, pad)
    out = [
        (size - dilation * (kernel - 1) - 1) // stride + 1
        for size, dilation, kernel, stride in zip(
            padded.shape[2:], shape.dilation, shape.kernel, shape.stride, strict=True
        )
    ]
    if min(out) < 1:
        raise ValueError(f"x: images of {x.shape[2]} x {x.shape[3]} are too small for a kernel of {shape.kernel}")
    taps = []
    for dy in range(shape.kernel[0]):
        for dx in range(shape.kernel[1]):
            top, left = dy * shape.dilation[0], dx * shape.dilation[1]
            taps.append(padded[:, :, top : top + (out[0] - 1) * shape.stride[0] + 1 : shape.stride[0],
                               left : left + (out[1] - 1) * shape.stride[1] + 1 : shape.stride[1]])  # fmt: skip
    rows = np.stack(taps).transpose(2, 0, 1, 3, 4)  # channel, tap, image, height, width
    return rows.reshape(rows.shape[0] * rows.shape[1], -1), (len(x), out[0], out[1])


def weigh_layer(recipe: Recipe, place: int, words: NDArray[np.uint64]) -> Iterator[tuple[slice, NDArray, NDArray]]:
    """Block by block: its rows, the effective weights of each branch, and the sums of kept sizes [rows, J, S]."""
    return weigh(recipe.layout(place), recipe.seed, place, words)


def weigh(
    layout: Layout, seed: int, place: int, words: NDArray[np.uint64]
) -> Iterator[tuple[slice, NDArray[Any], NDArray[Any]]]:
    """What `weigh_layer` does, for a layer that belongs to no recipe."""
    dtype = np.dtype(np.float64 if layout.bits is None else np.int64)
    banks = layout.draw_banks(seed, place).astype(dtype)
    halt = np.zeros(1, np.uint8)
    for block in range(layout.blocks):
        rows = slice(block * layout.block, min((block + 1) * layout.block, layout.outputs))
        a = layout.draw_rows(seed, place, block).astype(dtype)
        sums = np.zeros((len(a), layout.coordinates, layout.branches), dtype)
        sizes = np.zeros_like(sums)
        weigh_block(a, banks, layout.bank_of, words[rows], sums, sizes, halt)
        yield rows, sums, sizes
