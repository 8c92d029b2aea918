"""What training gives back, and what it raises."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from slthlib.nets.parameters import Masks, Parameters

__all__ = ["NonFiniteLossError", "Training"]


@dataclass(frozen=True)
class Training:
    """What training gives back.

    Parameters
    ----------
    parameters : Parameters
        After the last step; exactly 0 where a mask is False.
    step : int
        The absolute step that would come next.
    losses : float64 [steps, R]
        Mean cross-entropy of each batch, before the step that it leads to.
    moments : dict from str to Parameters
        The state of the optimizer: "first" and "second" for Adam, "momentum" for SGD.
    updates : int
        How many steps the optimizer has made since its moments were fresh.
    masks : Masks or None
        What was kept.
    kept : dict from int to Parameters
        Parameters before the steps in ``keep_at``.
    evaluated : int64 [E]
        Steps before which the networks were evaluated.
    accuracy : float64 [E, R]
        What came out.

    Notes
    -----
    Used in: no chapter.
    """

    parameters: Parameters
    step: int
    losses: NDArray[np.float64] = field(repr=False)
    moments: dict[str, Parameters] = field(repr=False)
    updates: int
    masks: Masks | None = field(default=None, repr=False)
    kept: dict[int, Parameters] = field(default_factory=dict, repr=False)
    evaluated: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64), repr=False)
    accuracy: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)), repr=False)

    @property
    def replicas(self) -> int:
        """How many networks were trained."""
        return self.parameters.replicas


class NonFiniteLossError(FloatingPointError):
    """A loss stopped being finite.

    Parameters
    ----------
    step : int
        At which absolute step.
    replicas : sequence of int
        Of which replicas.
    last_good : Training
        The state before the last step at which all losses were finite.

    Notes
    -----
    Used in: no chapter.
    """

    def __init__(self, step: int, replicas: Sequence[int], last_good: Training) -> None:
        self.step, self.replicas, self.last_good = step, tuple(replicas), last_good
        some = ", ".join(map(str, self.replicas[:8])) + (", ..." if len(self.replicas) > 8 else "")
        super().__init__(
            f"the loss is not finite at step {step} in replica {some}; `last_good` holds the state before step "
            f"{last_good.step} (a smaller lr, or clip=1.0, often helps)"
        )
