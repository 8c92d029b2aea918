"""A ticket on disk: the recipe, what is unsolved, and the coded mask. All random weights come from the seed."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slthlib.strong._layout import LAWS, Layout
from slthlib.strong._range_coder import BitDecoder, BitEncoder
from slthlib.strong._ticket_file import TicketFileError
from slthlib.strong._ticket_schema import Choice, ListOf, Maybe, Real, Record, Whole
from slthlib.strong.recipe import CONSTRUCTIONS, Geometry, Recipe

_SIZE = Whole(1, 2**31)
_PAIR = ListOf(Whole(0, 2**16), 2, 2)
_LAYER = Record(
    {"shape": ListOf(_SIZE, 2, 4), "bias": Whole(0, 1), "units": Whole(1, 2**15)},
    {"stride": ListOf(Whole(1, 2**16), 2, 2), "padding": _PAIR, "dilation": ListOf(Whole(1, 2**16), 2, 2),
     "source_bits": Whole(0, 14)},
)  # fmt: skip
HEADER = Record(
    {
        "seed": Whole(0, 2**63 - 1),
        "construction": Choice(CONSTRUCTIONS),
        "source": Choice(LAWS),
        "bits": Maybe(Whole(1, 24)),
        "tolerance": Maybe(Real(0.0, 1e300)),
        "signed_inputs": Whole(0, 1),
        "scale": Real(0.0, 1e300),
        "layers": ListOf(_LAYER, 1, 256),
        "unsolved": ListOf(ListOf(Whole(0, 2**31), 4, 4), 0, 4000),
    }
)
#: Units of a bank beyond so many are coded alike.
_RANKS = 512
#: Mask bits that are coded together.
_TOGETHER = 1 << 22


def header_of(recipe: Recipe, unsolved: list[list[int]]) -> dict[str, Any]:
    """The recipe in words and numbers."""
    layers = []
    for place, shape in enumerate(recipe.geometry):
        layer: dict[str, Any] = {"shape": [int(n) for n in shape.shape], "bias": int(shape.bias)}
        layer["units"] = recipe.units[place]
        if shape.kernel is not None:
            layer |= {name: [int(n) for n in getattr(shape, name)] for name in ("stride", "padding", "dilation")}
        if recipe.source_bits is not None:
            layer["source_bits"] = recipe.source_bits[place]
        layers.append(layer)
    return {
        "seed": recipe.seed,
        "construction": recipe.construction,
        "source": recipe.law,
        "bits": recipe.bits,
        "tolerance": None if recipe.tolerance is None else float(recipe.tolerance),
        "signed_inputs": int(recipe.signed_inputs),
        "scale": float(recipe.scale),
        "layers": layers,
        "unsolved": unsolved,
    }


def recipe_of(header: dict[str, Any]) -> Recipe:
    """The recipe again; every value is looked at, since anyone can write a header."""
    HEADER.check(header)
    layers = header["layers"]
    grids = [layer.get("source_bits") for layer in layers]
    if (header["bits"] is None) == (header["tolerance"] is None) or (None in grids) != (header["bits"] is None):
        raise TicketFileError("header: expected either bits with a grid for each layer, or a tolerance without")
    geometry: list[Geometry] = []
    for place, layer in enumerate(layers):
        shape, convolution = layer["shape"], len(layer["shape"]) == 4
        if len(shape) == 3 or convolution != ("stride" in layer) or (place and shape[1] != geometry[-1].outputs):
            raise TicketFileError(f"header.layers[{place}]: its shape {shape} does not fit")
        more = {name: tuple(layer[name]) for name in ("stride", "padding", "dilation") if name in layer}
        kernel = (shape[2], shape[3]) if convolution else None
        geometry.append(Geometry(shape[0], shape[1], kernel, bias=bool(layer["bias"]), **more))
    recipe = Recipe(
        header["seed"], header["construction"], header["source"], tuple(geometry), header["bits"], header["tolerance"],
        None if None in grids else tuple(grids), tuple(layer["units"] for layer in layers),
        bool(header["signed_inputs"]), header["scale"],
    )  # fmt: skip
    if recipe.bits is not None and recipe.law == "normal":
        raise TicketFileError("header: normal weights lie on no grid")
    return recipe


def memory_of(recipe: Recipe) -> int:
    """Bytes that reading takes: all masks, and the random weights of one row with what is known of its banks."""
    masks = sum(8 * one.outputs * one.coordinates * one.words for one in recipe.layouts)
    return masks + max(64 * one.coordinates * one.units for one in recipe.layouts)


def _free(layout: Layout, banks: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.uint16]]:
    """Where in a row of ``coordinates * units`` bits a mask is free to choose, and the rank of each place."""
    alive, count = layout.alive(banks)
    places, ranks = [], []
    for s in range(layout.branches):
        used = layout.in_use(s)
        bank = layout.bank_of[used]
        offset = np.arange(layout.coordinates)[used] * layout.units
        within = np.arange(layout.units) < count[bank, s, None]
        places.append((offset[:, None] + alive[bank, s])[within])
        ranks.append(np.broadcast_to(np.arange(layout.units), within.shape)[within])
    place, rank = np.concatenate(places), np.concatenate(ranks)
    return place, np.minimum(rank, _RANKS - 1).astype(np.uint16)


def free_positions(recipe: Recipe, place: int) -> int:
    """Bits of a layer's mask that are free: connections to units that are alive for a branch in use."""
    layout = recipe.layout(place)
    return layout.outputs * _free(layout, layout.draw_banks(recipe.seed, place))[0].size


def _chunks(layout: Layout, free: int) -> Iterator[slice]:
    rows = max(1, _TOGETHER // max(free, 1))
    for first in range(0, layout.outputs, rows):
        yield slice(first, min(first + rows, layout.outputs))


def encode_mask(recipe: Recipe, place: int, words: NDArray[np.uint64]) -> bytes:
    """The mask of one layer, in a bit for each bit of entropy: units of equal rank are alike."""
    layout = recipe.layout(place)
    where, ranks = _free(layout, layout.draw_banks(recipe.seed, place))
    encoder = BitEncoder(min(layout.units, _RANKS))
    parts = []
    for rows in _chunks(layout, where.size):
        bits = np.unpackbits(words[rows].view(np.uint8), axis=-1, bitorder="little")[..., : layout.units]
        chosen = bits.reshape(len(bits), -1)[:, where]
        parts.append(encoder.encode(chosen.ravel(), np.tile(ranks, len(bits))))
    return b"".join([*parts, encoder.finish()])


def decode_mask(recipe: Recipe, place: int, data: bytes) -> NDArray[np.uint64]:
    """The mask again; data that is not the code of a mask is refused."""
    layout = recipe.layout(place)
    where, ranks = _free(layout, layout.draw_banks(recipe.seed, place))
    decoder = BitDecoder(data, min(layout.units, _RANKS))
    words = np.zeros((layout.outputs, layout.coordinates, layout.words), np.uint64)
    for rows in _chunks(layout, where.size):
        count = rows.stop - rows.start
        bits = np.zeros((count, layout.coordinates * layout.units), np.uint8)
        bits[:, where] = decoder.decode(np.tile(ranks, count)).reshape(count, -1)
        if decoder.overrun:
            raise TicketFileError(f"the mask of layer {place} ends too early")
        whole = np.zeros((count, layout.coordinates, 64 * layout.words), np.uint8)
        whole[..., : layout.units] = bits.reshape(count, layout.coordinates, layout.units)
        words[rows] = np.packbits(whole, axis=-1, bitorder="little").view(np.uint64)
    if not decoder.complete:
        raise TicketFileError(f"the code of layer {place} is not that of a mask")
    return words
