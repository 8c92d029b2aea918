"""A ticket as a torch network: every layer of the random network, each weight times its mask."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from slthlib.strong._layout import MASKED, Layout, draw
from slthlib.strong.recipe import Geometry, Recipe

if TYPE_CHECKING:
    from torch import nn

    from slthlib.strong.ticket import StrongTicket

__all__ = ["to_torch"]


def to_torch(
    ticket: "StrongTicket", *, dtype: str = "float64", masked: bool = True, limit: float = 2.0
) -> "nn.Sequential":
    """Export the random network.

    Parameters
    ----------
    ticket : StrongTicket
        What to export.
    dtype : {"float64", "float32"}
        Of the weights.
    masked : bool
        Multiply each weight by its mask. Without, this is the random network as it was drawn.
    limit : float
        Refuse to make a dense network of more GiB than this.

    Returns
    -------
    torch.nn.Sequential
        Of Linear or Conv2d with ReLU between. Its outputs are those of the ticket before it scales them.

    Notes
    -----
    Used in: strong/pruning_is_all, strong/sparsity, strong/beyond_dense.
    """
    if dtype not in ("float64", "float32"):
        raise ValueError(f"dtype: expected 'float64' or 'float32', got {dtype!r}")
    recipe = ticket.recipe
    size = recipe.parameters() * np.dtype(dtype).itemsize / 2**30
    if size > limit:
        raise ValueError(f"limit: the dense network of {recipe.parameters():,} random weights takes {size:,.1f} GiB in "
                         f"{dtype}, the limit is {limit:g}; the ticket itself runs without it")  # fmt: skip
    import torch
    from torch import nn

    parts: list[Any] = []

    def add(weight: NDArray[Any], bias: NDArray[Any] | None, shape: Geometry | None) -> None:
        made: Any
        if weight.ndim == 2:
            made = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
        else:
            at: dict[str, Any] = (
                {} if shape is None else {"stride": shape.stride, "padding": shape.padding, "dilation": shape.dilation}
            )
            made = nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2:], bias=bias is not None, **at)
        made.weight = nn.Parameter(torch.from_numpy(weight.astype(dtype)), requires_grad=False)
        if bias is not None:
            made.bias = nn.Parameter(torch.from_numpy(bias.astype(dtype)), requires_grad=False)
        parts.extend([made, nn.ReLU()])

    for place, shape in enumerate(recipe.geometry):
        layout = recipe.layout(place)
        if not layout.single:
            add(*_odd_layer(recipe, layout, place, masked, shape.kernel is not None), None)
        weight = _even_layer(ticket, layout, place, masked)
        bias = None
        above = recipe.layout(place + 1) if place + 1 < len(recipe.geometry) else None
        if above is not None and above.single and above.bias:  # neurons of this layer that carry that one's bias
            extra, other = np.zeros((above.units, *weight.shape[1:])), np.zeros(layout.outputs)
            if not masked:
                rng = np.random.default_rng([recipe.seed, place + 1, MASKED])
                extra = draw(rng, layout.law, layout.bits, extra.shape) * _unit(layout)
                other = draw(rng, layout.law, layout.bits, other.shape) * _unit(layout)
            weight = np.concatenate([weight, extra])
            bias = np.concatenate([other, above.draw_banks(recipe.seed, place + 1)[-1]])
        add(weight, bias, shape)
    return nn.Sequential(*parts[:-1])


def _odd_layer(
    recipe: Recipe, layout: Layout, place: int, masked: bool, convolution: bool
) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Each unit of a bank keeps the weight to its own input; those of the bias keep only their bias."""
    banks = layout.draw_banks(recipe.seed, place) * _unit(layout)
    weight = np.zeros((layout.banks, layout.units, layout.inputs))
    bias = np.zeros((layout.banks, layout.units)) if layout.bias else None
    if not masked:
        rng = np.random.default_rng([recipe.seed, place, MASKED])
        weight = draw(rng, layout.law, layout.bits, weight.shape) * _unit(layout)
        if bias is not None:
            bias = draw(rng, layout.law, layout.bits, bias.shape) * _unit(layout)
    own = np.arange(layout.inputs)
    weight[own, :, own] = banks[: layout.inputs]
    if bias is not None:
        bias[-1] = banks[-1]
    flat = weight.reshape(-1, layout.inputs)
    return flat[:, :, None, None] if convolution else flat, None if bias is None else bias.ravel()


def _even_layer(ticket: "StrongTicket", layout: Layout, place: int, masked: bool) -> NDArray[Any]:
    recipe, shape = ticket.recipe, ticket.recipe.geometry[place]
    a = np.concatenate([layout.draw_rows(recipe.seed, place, block) for block in range(layout.blocks)])
    values = a * _unit(layout)
    if masked:
        values = values * ticket.mask(place)
    n = layout.inputs * layout.taps
    weight = values[:, :n].reshape(layout.outputs, layout.inputs, layout.taps, layout.units).swapaxes(2, 3)
    if layout.bias:
        last = np.zeros((layout.outputs, 1, layout.units, layout.taps))
        if not masked:
            rng = np.random.default_rng([recipe.seed, place, MASKED, 1])
            last = draw(rng, layout.law, layout.bits, last.shape) * _unit(layout)
        last[:, 0, :, constant_tap(shape)] = values[:, -1]
        weight = np.concatenate([weight, last], axis=1)
    flat = weight.reshape(layout.outputs, layout.banks * layout.units, layout.taps)
    return flat[:, :, 0] if shape.kernel is None else flat.reshape(*flat.shape[:2], *shape.kernel)


def constant_tap(shape: Geometry) -> int:
    """A tap of the kernel that never falls on the padding, at which the units of the bias can be read."""
    if shape.kernel is None:
        return 0
    tap = 0
    for kernel, padding, dilation in zip(shape.kernel, shape.padding, shape.dilation, strict=True):
        first = -(-padding // dilation)
        if first * dilation + padding > dilation * (kernel - 1):
            raise ValueError(f"target: a convolution with a bias may have a padding of half its kernel at most, got a "
                             f"kernel of {shape.kernel} and a padding of {shape.padding}")  # fmt: skip
        tap = tap * kernel + first
    return tap


def _unit(layout: Layout) -> float:
    return 1.0 if layout.bits is None else 2.0**-layout.bits
