"""What a header may say: rules for its values, declared once. A checksum that fits does not make a value true."""

import math
import reprlib
from dataclasses import dataclass, field
from typing import Any, Protocol

from slthlib.strong._ticket_header import TicketFileError

__all__ = ["Choice", "ListOf", "Maybe", "Real", "Record", "Rule", "Text", "Whole"]

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 60


class Rule(Protocol):
    """A rule looks at a value that stands at a place, and raises a `TicketFileError` if it may not stand there."""

    def check(self, value: Any, where: str = "header") -> None:
        """Raise a `TicketFileError` that names ``where``, what was expected and what came."""


def _refuse(where: str, expected: str, value: Any) -> TicketFileError:
    return TicketFileError(f"{where}: expected {expected}, got {_short.repr(value)}")


@dataclass(frozen=True)
class Whole:
    """An integer from ``low`` to ``high``."""

    low: int
    high: int

    def check(self, value: Any, where: str = "header") -> None:
        """Look at one value."""
        if type(value) is not int or not self.low <= value <= self.high:
            raise _refuse(where, f"a whole number from {self.low} to {self.high}", value)


@dataclass(frozen=True)
class Real:
    """A float (not an integer) from ``low`` to ``high``."""

    low: float
    high: float

    def check(self, value: Any, where: str = "header") -> None:
        """Look at one value."""
        if type(value) is not float or not math.isfinite(value) or not self.low <= value <= self.high:
            raise _refuse(where, f"a float from {self.low} to {self.high}", value)


@dataclass(frozen=True)
class Text:
    """A string of at most ``longest`` characters."""

    longest: int

    def check(self, value: Any, where: str = "header") -> None:
        """Look at one value."""
        if type(value) is not str or len(value) > self.longest:
            raise _refuse(where, f"a string of at most {self.longest} characters", value)


@dataclass(frozen=True)
class Choice:
    """One of these values, of the same type."""

    known: tuple[Any, ...]

    def check(self, value: Any, where: str = "header") -> None:
        """Look at one value."""
        if not any(type(value) is type(one) and value == one for one in self.known):
            raise _refuse(where, f"one of {', '.join(map(repr, self.known))}", value)


@dataclass(frozen=True)
class Maybe:
    """None, or what the rule allows."""

    rule: Rule

    def check(self, value: Any, where: str = "header") -> None:
        """Look at one value."""
        if value is not None:
            self.rule.check(value, where)


@dataclass(frozen=True)
class ListOf:
    """A list of ``shortest`` to ``longest`` values, each under the rule."""

    rule: Rule
    shortest: int
    longest: int

    def check(self, value: Any, where: str = "header") -> None:
        """Look at the list, its length first."""
        if type(value) is not list or not self.shortest <= len(value) <= self.longest:
            came = f"one of {len(value)}" if type(value) is list else _short.repr(value)
            raise TicketFileError(f"{where}: expected a list of {self.shortest} to {self.longest} values, got {came}")
        for number, item in enumerate(value):
            self.rule.check(item, f"{where}[{number}]")


@dataclass(frozen=True)
class Record:
    """A dictionary with these keys and no others; those in ``optional`` may be missing."""

    rules: dict[str, Rule]
    optional: dict[str, Rule] = field(default_factory=dict)

    def check(self, value: Any, where: str = "header") -> None:
        """Look at the keys first."""
        if type(value) is not dict:
            raise _refuse(where, "a dictionary", value)
        for key in self.rules:
            if key not in value:
                raise TicketFileError(f"{where}: expected the key {key!r}, which is missing")
        for key, item in value.items():
            rule = self.rules.get(key, self.optional.get(key))
            if rule is None:
                known = ", ".join([*self.rules, *self.optional])
                raise TicketFileError(f"{where}: expected no keys but {known}, got {_short.repr(key)}")
            rule.check(item, f"{where}.{key}")
