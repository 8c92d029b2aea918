"""Results of pruning: tickets at every level, with their controls beside them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from slthlib.lab.statistics import PairedDifference, paired_difference
from slthlib.nets import Masks, Network, Parameters
from slthlib.nets._checks import fraction
from slthlib.tickets._recipe import Arm, Recipe, Trained
from slthlib.tickets.stability import barrier_of, errors_between

__all__ = ["Tickets"]


@dataclass(frozen=True, eq=False, repr=False)
class Tickets:
    """Tickets at L levels of pruning, of R replicas.

    Parameters
    ----------
    keeps : float64 [L]
        Fraction of all weights that is kept.
    accuracy : float64 [L, R]
        Test accuracy of the trained tickets, in [0, 1].
    masks : tuple of Masks
        What each level keeps.
    weights : tuple of Parameters
        What each level started to train from: a ticket is ``masks[l]`` with ``weights[l]``.
    barrier : float64 [L, R] or None
        Test error barrier between two trainings of the ticket with batches in different order, if asked for.
    controls : dict from str to Tickets
        The same levels for the controls.
    trained : tuple of Parameters
        Each level after training; empty for controls.
    dense : float64 [R]
        Test accuracy of the unpruned networks.
    network : Network
        What the parameters belong to.

    Notes
    -----
    Used in: no chapter.
    """

    keeps: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    masks: tuple[Masks, ...]
    weights: tuple[Parameters, ...]
    barrier: NDArray[np.float64] | None
    controls: "dict[str, Tickets]"
    trained: tuple[Parameters, ...]
    dense: NDArray[np.float64]
    network: Network

    def __repr__(self) -> str:
        levels, replicas = self.accuracy.shape
        beside = ", ".join(self.controls) or "none"
        kept = f"keep {self.keeps[0]:.3g}" + (f" to {self.keeps[-1]:.3g}" if levels > 1 else "")
        return f"Tickets: {levels} levels, {kept}, of {replicas} replicas; controls: {beside}"

    def over(self, control: str) -> PairedDifference:
        """How much more accurate the tickets are than a control: mean over replicas and its interval, at each level."""
        if control not in self.controls:
            raise ValueError(f"control: expected one of {', '.join(self.controls) or 'none'}, got {control!r}")
        return paired_difference(self.accuracy, self.controls[control].accuracy)

    def level(self, keep: float) -> int:
        """The level whose keep is nearest to this one."""
        return int(np.abs(np.log(self.keeps / fraction("keep", keep))).argmin())


class Levels:
    """What is remembered of the levels: of the tickets also their trained parameters."""

    def __init__(self, recipe: Recipe, arms: Iterable[str]) -> None:
        self.recipe, self.parameters = recipe, list[Parameters]()
        self.arms: dict[str, list[Arm]] = {arm: [] for arm in arms}
        self.accuracy: dict[str, list[NDArray[np.float64]]] = {arm: [] for arm in arms}
        self.barrier: dict[str, list[NDArray[np.float64]]] = {arm: [] for arm in arms}

    def add(self, arms: Mapping[str, Arm], trained: Mapping[str, Trained], twins: Sequence[Trained]) -> None:
        """One more level; twins are the arms in their order, trained once more, or none."""
        for name, arm in arms.items():
            self.arms[name].append(arm)
            self.accuracy[name].append(trained[name].accuracy)
        self.parameters.append(trained["ticket"].parameters)
        for name, twin in zip(arms, twins, strict=False):
            ends = trained[name].parameters, twin.parameters
            self.barrier[name].append(barrier_of(errors_between(self.recipe.network, *ends, *self.recipe.tests)))

    def tickets(self, keeps: NDArray[np.float64], dense: NDArray[np.float64], control: str | None) -> Tickets:
        """All levels."""
        found = {
            name: Tickets(
                keeps=keeps,
                accuracy=np.stack(self.accuracy[name]),
                masks=tuple(arm.masks for arm in arms if arm.masks is not None),
                weights=tuple(arm.start for arm in arms),
                barrier=np.stack(self.barrier[name]) if self.barrier[name] else None,
                controls={},
                trained=tuple(self.parameters) if name == "ticket" else (),
                dense=dense,
                network=self.recipe.network,
            )
            for name, arms in self.arms.items()
        }
        if control is not None:
            return found[control]
        return replace(found.pop("ticket"), controls=found)
