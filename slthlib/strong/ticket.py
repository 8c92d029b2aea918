"""A strong ticket: a random network that is never trained, and the mask that turns it into another network."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.strong._reference import compare_outputs, compare_weights
from slthlib.strong._running import run_ticket
from slthlib.strong._saving import decode_mask, encode_mask, header_of, memory_of, recipe_of
from slthlib.strong._ticket_file import TicketFileError, pack, read, write
from slthlib.strong.exactness import Exactness, exactness_of
from slthlib.strong.export import to_torch
from slthlib.strong.recipe import Recipe
from slthlib.strong.targets import Target, read_target

if TYPE_CHECKING:
    from torch import nn

__all__ = ["StrongTicket", "Unsolved", "Verification"]

Arithmetic = Literal["int64", "float64", "float32"]


@dataclass(frozen=True)
class Unsolved:
    """A weight for which no subset of its candidates was found.

    Parameters
    ----------
    layer : int
        Of the target, from 0.
    output, coordinate : int
        Row and column of the problem: which output of the layer (of its copies), and which input, or tap of the
        kernel, or last the bias.
    negative : bool
        Whether it is the branch of negative inputs.

    Notes
    -----
    Used in: no chapter.
    """

    layer: int
    output: int
    coordinate: int
    negative: bool


@dataclass(frozen=True)
class Verification:
    """What a comparison of a ticket with its target has found.

    Parameters
    ----------
    weights : int
        Effective weights that were added up again from the random weights and the mask, a sum for each branch.
    wrong : int
        How many of these are not what the target says.
    largest_error : float
        The largest difference of an effective weight and that of the target.
    outputs : int
        How many outputs were compared.
    largest_difference : float
        The largest difference of an output, 0.0 if no inputs were given.

    Notes
    -----
    Used in: no chapter.
    """

    weights: int
    wrong: int
    largest_error: float
    outputs: int = 0
    largest_difference: float = 0.0

    @property
    def exact(self) -> bool:
        """Whether no difference was found."""
        return self.wrong == 0 and self.largest_difference == 0.0


@dataclass(frozen=True, eq=False)
class StrongTicket:
    """A random network, its mask, and what was found on the way.

    Call it to run the masked random network.

    Parameters
    ----------
    recipe : Recipe
        From which all random weights are drawn again whenever they are needed.
    words : tuple of uint64 [rows, coordinates, W]
        The masks of the even layers: bit r says whether the connection to unit r of the coordinate's bank is kept. In
        the odd layers each unit keeps the connection to its own input.
    unsolved : tuple of Unsolved
        What could not be solved.
    needed : tuple of int16 [rows, coordinates, branches], optional
        After how many units of its bank each weight was solved, -1 where it was not; None for a ticket from a file.
    seconds : dict
        How long ``drawing`` and ``solving`` took.
    target : Target, optional
        What the ticket was made for; None for a ticket from a file, which holds nothing but the mask.

    Notes
    -----
    Used in: strong/bits.
    """

    recipe: Recipe
    words: tuple[NDArray[np.uint64], ...] = field(repr=False)
    unsolved: tuple[Unsolved, ...] = ()
    needed: tuple[NDArray[np.int16], ...] | None = field(default=None, repr=False)
    seconds: dict[str, float] = field(default_factory=dict)
    target: Target | None = field(default=None, repr=False)

    @property
    def masks(self) -> tuple[NDArray[np.bool_], ...]:
        """The masks of all even layers, a byte for each connection; see `mask`."""
        return tuple(self.mask(layer) for layer in range(len(self.words)))

    @property
    def max_weight_error(self) -> float:
        """The largest difference of an effective weight, added up again, and that of the target."""
        return self.verify().largest_error

    def bits(self) -> int:
        """What the ticket costs on disk, in bits: the size of the file that `save` writes."""
        return 8 * len(pack(*self._content()))

    def to_torch(self, *, dtype: str = "float64", masked: bool = True, limit: float = 2.0) -> "nn.Sequential":
        """Export the random network, masked or as it was drawn; see `slthlib.strong.to_torch`."""
        return to_torch(self, dtype=dtype, masked=masked, limit=limit)

    @property
    def kept(self) -> int:
        """Connections of even layers that the mask keeps."""
        return sum(int(np.bitwise_count(one).sum()) for one in self.words)

    def mask(self, layer: int) -> NDArray[np.bool_]:
        """The mask of an even layer [rows, coordinates, units]."""
        bits = np.unpackbits(self.words[layer].view(np.uint8), axis=-1, bitorder="little")
        return bits[..., : self.recipe.units[layer]].view(np.bool_)

    def exactness(self, *, input_bits: int = 8, largest_input: float = 1.0) -> Exactness:
        """Which arithmetics give the target's outputs to the last bit, and why; see `Exactness`."""
        return exactness_of(self.recipe, self.words, input_bits, largest_input)

    def integers(self, x: ArrayLike, *, one: int = 1, threads: int | None = None) -> NDArray[np.int64]:
        """Run the masked random network in whole numbers.

        ``x`` holds whole numbers, in units of ``1 / one``, which matters where there are biases. The outputs are those
        of the target in units of ``2**-unit / one``, see `unit`.
        """
        if self.recipe.bits is None:
            raise ValueError("integers: a ticket of real weights has no grid; call it with floats")
        if isinstance(one, bool) or not isinstance(one, int | np.integer) or one < 1:
            raise ValueError(f"one: expected a whole number of at least 1, got {one!r}")
        given = np.asarray(x)
        if given.dtype.kind not in "iu":
            raise TypeError(f"x: expected whole numbers, got dtype {given.dtype}")
        rows = self._inputs(given.astype(np.int64))
        largest = int(np.abs(rows).max(initial=0))
        needed = exactness_of(self.recipe, self.words, 0, float(max(largest, 1)), one=int(one)).integer_bits
        if needed > 63:
            raise ValueError(f"x: with inputs up to {largest} sums may take {needed:.1f} bits, int64 holds 63")
        return run_ticket(self.recipe, list(self.words), rows, int(one), threads)

    @property
    def unit(self) -> int:
        """Outputs of `integers` count units of ``2**-unit`` times that of the inputs, of the target's outputs."""
        places = range(len(self.recipe.geometry))
        return sum(self.recipe.layout(one).exponent for one in places) + self.recipe.gain(len(places) - 1)

    def __call__(self, x: ArrayLike, *, arithmetic: Arithmetic = "float64", threads: int | None = None) -> NDArray[Any]:
        """Run the masked random network on inputs [N, in], or [N, in, height, width], and scale its outputs back."""
        known = ("float64", "float32")
        if arithmetic not in known:
            raise ValueError(f"arithmetic: expected one of {', '.join(known)}; whole numbers go to `integers`; "
                             f"got {arithmetic!r}")  # fmt: skip
        dtype = np.dtype(arithmetic)
        rows = self._inputs(np.asarray(x).astype(dtype))
        if not np.isfinite(rows).all():
            raise ValueError("x: expected finite numbers")
        y = run_ticket(self.recipe, list(self.words), rows, 1.0, threads)
        y *= dtype.type(self.recipe.scale * 2.0 ** -self.recipe.gain(len(self.recipe.geometry) - 1))
        return y

    def save(self, path: str | Path) -> int:
        """Write the seed, the recipe and the coded mask to a file, and return its size in bytes."""
        write(path, *self._content())
        return Path(path).stat().st_size

    def _content(self) -> tuple[dict[str, Any], list[bytes]]:
        """Header and sections of its file."""
        unsolved = [[one.layer, one.output, one.coordinate, int(one.negative)] for one in self.unsolved]
        header = header_of(self.recipe, unsolved[:4000])
        return header, [encode_mask(self.recipe, place, words) for place, words in enumerate(self.words)]

    @classmethod
    def load(cls, path: str | Path, *, limit: float = 4.0) -> "StrongTicket":
        """Read a ticket from a file; refuse what is no whole ticket, or would take more than ``limit`` GiB."""
        content = read(path, limit=int(limit * 2**30))
        recipe = recipe_of(content.header)
        if (needed := memory_of(recipe)) > limit * 2**30:
            raise TicketFileError(f"its masks take {needed / 2**30:,.1f} GiB, more than the {limit:g} allowed here")
        if len(content.sections) != len(recipe.geometry):
            raise TicketFileError(f"expected {len(recipe.geometry)} masks, one a layer, got {len(content.sections)}")
        unsolved = []
        for layer, output, coordinate, negative in content.header["unsolved"]:
            layout = recipe.layout(layer) if layer < len(recipe.geometry) else None
            if (
                layout is None
                or output >= layout.outputs
                or coordinate >= layout.coordinates
                or negative >= layout.branches
            ):
                raise TicketFileError(f"an unsolved weight ({layer}, {output}, {coordinate}) is not in the network")
            unsolved.append(Unsolved(layer, output, coordinate, bool(negative)))
        words = tuple(decode_mask(recipe, place, bytes(one)) for place, one in enumerate(content.sections))
        return cls(recipe, words, tuple(unsolved))

    def _inputs(self, x: NDArray[Any]) -> NDArray[Any]:
        first = self.recipe.geometry[0]
        dimensions = 2 if first.kernel is None else 4
        if x.ndim != dimensions or x.shape[1] != first.inputs or not len(x):
            wanted = f"[N, {first.inputs}]" if dimensions == 2 else f"[N, {first.inputs}, height, width]"
            raise ValueError(f"x: expected shape {wanted}, got {x.shape}")
        if not self.recipe.signed_inputs and (x < 0).any():
            raise ValueError(f"x: this ticket was made for inputs that are not negative, got {x.min()}; "
                             "embed with signed_inputs=True")  # fmt: skip
        return x

    def verify(self, x: ArrayLike | None = None, *, target: Any = None, threads: int | None = None) -> Verification:
        """Add up all effective weights again, and compare them, and outputs on the inputs ``x``, with the target's.

        On the grid both are compared as whole numbers if ``x`` holds such, and the target is run with the same
        arithmetic as the ticket otherwise. A ticket from a file does not hold its ``target`` and needs to be given it.
        """
        if target is None and self.target is None:
            raise ValueError("target: a ticket from a file does not hold its target; pass target=")
        given = read_target(self.target if target is None else target)
        read = self.recipe.integer_targets if self.recipe.bits is not None else self.recipe.real_targets
        wanted = [read(given, place) for place in range(len(self.words))]
        weights, wrong, worst = compare_weights(self.recipe, self.words, wanted)
        if x is None:
            return Verification(weights, wrong, worst)
        count, difference = compare_outputs(self, given, x, threads)
        return Verification(weights, wrong, worst, count, difference)
