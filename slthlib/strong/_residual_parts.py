"""The target of a residual ticket: blocks and their carriers, what each solve is to reach, how many items it takes."""

from dataclasses import replace
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from slthlib.strong._reference import run_target
from slthlib.strong._running import weigh_layer
from slthlib.strong._sizing import least_count
from slthlib.strong.recipe import Recipe
from slthlib.strong.targets import Target, TargetLayer, read_target
from slthlib.strong.ticket import StrongTicket
from slthlib.sums.laws import product_target_failure, target_failure

Skip = Literal["free", "solved"]
#: The law of one solve is taken so many times as large as it is.
_SAFETY = 1.4


def read_block(block: Any, place: int, bits: int | None) -> Target:
    target = read_target(block)
    if len(target.layers) != 2:
        raise ValueError(f"blocks: expected two layers in block {place}, got {len(target.layers)}")
    if target.scale != 1.0:
        raise ValueError(f"blocks: block {place} has the scale {target.scale:g}, which its skip would not pass on; "
                         "quantize it with scale=1")  # fmt: skip
    first, second = target.layers
    if first.weight.shape[1] != second.weight.shape[0]:
        raise ValueError(f"blocks: block {place} has {first.weight.shape[1]} inputs and {second.weight.shape[0]} "
                         "outputs: there is no identity between them")  # fmt: skip
    for one in target.layers:
        if one.convolution and (_centre(one) is None or one.stride != (1, 1)):
            raise ValueError(f"blocks: block {place} changes the size of the image: expected an odd kernel, stride 1 "
                             f"and a padding to match, got a kernel of {one.weight.shape[2:]}, stride {one.stride}, "
                             f"padding {one.padding}, dilation {one.dilation}")  # fmt: skip
    if target.bits is None and bits is None:
        raise ValueError(f"bits: expected the bits of the grid, as block {place} does not say them")
    if target.bits is not None and bits not in (None, target.bits):
        raise ValueError(f"bits: expected {target.bits}, the bits of block {place}, got {bits}")
    return target if target.bits is not None else replace(target, bits=bits)


def _centre(layer: TargetLayer) -> int | None:
    """The tap that reads what is written, for a dense layer the only one."""
    if not layer.convolution:
        return 0
    height, width = layer.weight.shape[2:]
    same = all(
        size % 2 == 1 and padding == dilation * (size // 2)
        for size, padding, dilation in zip((height, width), layer.padding, layer.dilation, strict=True)
    )
    return (height // 2) * width + width // 2 if same else None


def with_carriers(target: Target, signed: bool) -> Target:
    """The block as a plain network, for its shapes: carriers relu(x), and relu(-x) where x has either sign."""
    first, second = target.layers
    extra = first.weight.shape[1] * (2 if signed else 1)
    ones = np.full((extra, *first.weight.shape[1:]), 0.0)
    across = np.full((second.weight.shape[0], extra, *second.weight.shape[2:]), 0.0)
    bias = None if first.bias is None else np.concatenate([first.bias, np.zeros(extra)])
    return replace(
        target,
        layers=(
            first.with_numbers(np.concatenate([first.weight, ones]), bias),
            second.with_numbers(np.concatenate([second.weight, across], axis=1), second.bias),
        ),
    )


def rows_of(recipe: Recipe, target: Target, place: int, skip: Skip) -> NDArray[np.int64]:
    """What the problems of a layer are to reach, in units of the layer; carriers and their weights of one included."""
    if skip == "free":
        return recipe.integer_targets(target, place)
    assert recipe.bits is not None
    signed = recipe.signed_inputs
    layer = target.layers[place]
    taps = recipe.geometry[place].taps
    own = layer.weight.shape[1] * taps
    plain = recipe.integer_targets(target, place)
    size = target.layers[0].weight.shape[1]
    ones = np.zeros((size, size, taps), np.int64)
    ones[np.arange(size), np.arange(size), _centre(layer)] = 1 << (recipe.bits + recipe.shift(place))
    carried = [ones.reshape(size, -1), -ones.reshape(size, -1)][: 2 if signed else 1]
    if place == 0:
        both = np.concatenate(carried)
        both = np.pad(both, ((0, 0), (0, plain.shape[1] - own)))
        return np.concatenate([plain, np.repeat(both, recipe.copies(0), axis=0)])
    return np.concatenate([plain[:, :own], *carried, plain[:, own:]], axis=1)


def enough_for_ones(recipe: Recipe, failure: float) -> Recipe:
    """More units where the weights 1 of the carriers, twice as large as any other, ask for them."""
    size = recipe.geometry[1].outputs
    carriers = size * (2 if recipe.signed_inputs else 1)
    units = list(recipe.units)
    for place in (1, 0):  # copies first: the first layer makes each carrier so many times
        layout = replace(recipe, units=tuple(units)).layout(place)
        copies = units[1] if layout.outputs != recipe.geometry[place].outputs else 1
        solves = carriers * (copies * layout.branches if place == 0 else 1)
        goal = failure / 2 / solves

        def enough(count: int, place: int = place, goal: float = goal) -> bool:
            return _missing_one(recipe, place, count) <= goal

        units[place] = least_count(enough, units[place])
    if recipe.construction == "diamond":
        units = [max(units)] * 2
    return replace(recipe, units=tuple(units))


def _missing_one(recipe: Recipe, place: int, units: int) -> float:
    """Probability that a solve for the weight 1 fails, by the law of one solve."""
    layout = recipe.layout(place)
    n = np.arange(units + 1)
    if layout.single:
        chance = (n == units).astype(float)
    else:
        assert layout.bits is not None
        alive = 0.5 if layout.law == "sign" else 2**layout.bits / (2 ** (layout.bits + 1) + 1)
        chance = binom.pmf(n, units, alive)
    n, chance = n[chance > 1e-16], chance[chance > 1e-16]
    if layout.law == "sign":  # so many items of the sign of the target
        assert recipe.bits is not None
        return float(chance @ binom.cdf(2**recipe.bits - 1, n, 0.5))
    assert layout.bits is not None
    return float(chance @ [_one_by(int(items), layout.bits, layout.single) for items in n])


@cache
def _one_by(n: int, bits: int, single: bool) -> float:
    """Probability that n items miss the weight 1."""
    size = 1 << bits
    law = target_failure(n, size, size) if single else product_target_failure(n, size, size, size * size)
    return min(1.0, _SAFETY * float(law))


def run_blocks(targets: list[Target], x: NDArray[Any], relu: bool, bits: int | None) -> NDArray[Any]:
    """The target itself, in plain NumPy."""
    one = 1
    for place, target in enumerate(targets):
        branch = run_target(target, x, bits=bits, one=one)
        x = branch + (x if bits is None else x << 2 * bits)
        if relu and place + 1 < len(targets):
            x = np.maximum(x, 0)
        if bits is not None:
            one <<= 2 * bits
    return x


def reach(block: StrongTicket, largest: float) -> float:
    """No output of the masked network is larger, for inputs up to ``largest``: from its effective weights."""
    recipe = block.recipe
    assert recipe.bits is not None
    for place in (0, 1):
        layout = recipe.layout(place)
        used = layout.inputs * layout.taps
        unit = 2.0 ** -(recipe.bits + recipe.shift(place))
        bound = 0.0
        for _, sums, _ in weigh_layer(recipe, place, block.words[place]):
            size = np.abs(sums).max(2) * unit
            bias = size[:, used:].sum(1) * 2.0 ** -(recipe.gain(place - 1) if place else 0)
            bound = max(bound, float((size[:, :used].sum(1) * largest + bias).max()))
        largest = bound
    return largest
