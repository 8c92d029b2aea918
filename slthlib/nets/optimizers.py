"""Optimizers that step all replicas at once, in place, on one flat tensor."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from slthlib.nets._checks import real

__all__ = ["SGD", "Adam"]


@dataclass
class SGD:
    """Gradient descent with momentum, as torch.optim.SGD does it.

    Parameters
    ----------
    momentum : float
        In [0, 1).
    weight_decay : float
        Adds so much times the value to its gradient.

    Notes
    -----
    Used in: no chapter.
    """

    momentum: float = 0.9
    weight_decay: float = 0.0
    moments: dict[str, Tensor] = field(default_factory=dict, init=False, repr=False)
    steps: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        _check_momentum("momentum", self.momentum)
        real("weight_decay", self.weight_decay, least=0)

    @property
    def kinds(self) -> set[str]:
        """Names of its moments."""
        return {"momentum"} if self.momentum else set()

    def start(self, values: Tensor) -> None:
        """Forget the past: moments of zero for values like these."""
        self.steps = 0
        self.moments = {kind: torch.zeros_like(values) for kind in self.kinds}

    def step(self, values: Tensor, gradient: Tensor, rate: float) -> None:
        """Move values in place; the gradient may be overwritten."""
        self.steps += 1
        if self.weight_decay:
            gradient.add_(values, alpha=self.weight_decay)
        if self.momentum:
            gradient = self.moments["momentum"].mul_(self.momentum).add_(gradient)
        values.sub_(gradient, alpha=rate)


@dataclass
class Adam:
    """Adam, as torch.optim.Adam does it: weight decay is added to the gradient.

    Parameters
    ----------
    betas : tuple of float
        Decay of the two moments.
    eps : float
        Added to the root of the second moment.
    weight_decay : float
        Adds so much times the value to its gradient.

    Notes
    -----
    Used in: no chapter.
    """

    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0
    moments: dict[str, Tensor] = field(default_factory=dict, init=False, repr=False)
    steps: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        for beta in self.betas:
            _check_momentum("betas", beta)
        real("eps", self.eps, above=0)
        real("weight_decay", self.weight_decay, least=0)

    @property
    def kinds(self) -> set[str]:
        """Names of its moments."""
        return {"first", "second"}

    def start(self, values: Tensor) -> None:
        """Forget the past: moments of zero for values like these."""
        self.steps = 0
        self.moments = {kind: torch.zeros_like(values) for kind in sorted(self.kinds)}

    def step(self, values: Tensor, gradient: Tensor, rate: float) -> None:
        """Move values in place; the gradient may be overwritten."""
        self.steps += 1
        if self.weight_decay:
            gradient.add_(values, alpha=self.weight_decay)
        one, two = self.betas
        first, second = self.moments["first"], self.moments["second"]
        first.lerp_(gradient, 1 - one)
        second.mul_(two).addcmul_(gradient, gradient, value=1 - two)
        # Pruned weights have moments of 0, and MKL takes ten times as long for the root of 0 as for that of a number.
        # One of 1e-18 is nothing beside eps.
        root = torch.clamp(second, min=1e-36, out=gradient).sqrt_()
        # The factors of both moments at step t, taken to one side: values -= size * first / (root + eps * scale).
        scale = (1 - two**self.steps) ** 0.5
        values.addcdiv_(first, root.add_(self.eps * scale), value=-rate * scale / (1 - one**self.steps))


def _check_momentum(name: str, value: float) -> None:
    if not 0 <= real(name, value) < 1:
        raise ValueError(f"{name}: expected a number in [0, 1), got {value}")


#: By name.
OPTIMIZERS = ("adam", "sgd")
