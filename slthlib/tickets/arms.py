"""The arms of an experiment: a table whose rows are settings and whose entries are replicas."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from slthlib.lab.statistics import Interval, PairedDifference, mean_interval, paired_difference

if TYPE_CHECKING:
    import pandas

__all__ = ["Arms"]


@dataclass(frozen=True, eq=False)
class Arms:
    """Accuracy of R replicas in each of A arms. Replica r of every arm is made from the same draws.

    Parameters
    ----------
    settings : tuple of dict
        What each arm is, by the same names in all.
    accuracy : float64 [A, R]
        Test accuracy, in [0, 1].

    Notes
    -----
    Used in: tickets/supermasks, tickets/hidden.
    """

    settings: tuple[dict[str, Any], ...]
    accuracy: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.settings)

    def _places(self, wanted: Mapping[str, Any]) -> list[int]:
        for name in wanted:
            if name not in self.settings[0]:
                raise ValueError(f"settings: expected names among {', '.join(self.settings[0])}, got {name!r}")
        found = [place for place, one in enumerate(self.settings) if wanted.items() <= one.items()]
        if not found:
            raise ValueError(f"settings: expected those of an arm, got {dict(wanted)}")
        return found

    def where(self, **settings: Any) -> "Arms":
        """The arms with these settings."""
        places = self._places(settings)
        return Arms(tuple(self.settings[place] for place in places), self.accuracy[places])

    def of(self, **settings: Any) -> NDArray[np.float64]:
        """The accuracies [R] of the one arm with these settings."""
        places = self._places(settings)
        if len(places) > 1:
            raise ValueError(f"settings: expected those of one arm, got {settings} of {len(places)} arms")
        return self.accuracy[places[0]]

    def interval(self, level: float = 0.95) -> Interval:
        """Mean of each arm over its replicas, with Student's interval; arrays [A]."""
        return mean_interval(self.accuracy, level=level)

    def difference(self, a: Mapping[str, Any], b: Mapping[str, Any], level: float = 0.95) -> PairedDifference:
        """How much more accurate arm ``a`` is than arm ``b``, pair by pair."""
        return paired_difference(self.of(**a), self.of(**b), level=level)

    def _rows(self) -> Iterator[dict[str, Any]]:
        found = self.interval()
        for place, one in enumerate(self.settings):
            yield {**one, "mean": found.mid[place], "low": found.low[place], "high": found.high[place]}

    def table(self) -> "pandas.DataFrame":
        """A row for each arm: its settings, mean, and interval."""
        try:
            import pandas
        except ImportError:
            raise ImportError("a table needs pandas: pip install 'slthlib[data]'") from None
        return pandas.DataFrame(list(self._rows()))

    def columns(self) -> dict[str, list[Any]]:
        """Columns of a record, a row for each arm and replica."""
        rows = [
            {**one, "replica": replica, "accuracy": float(value)}
            for one, values in zip(self.settings, self.accuracy, strict=True)
            for replica, value in enumerate(values)
        ]
        return {name: [row[name] for row in rows] for name in rows[0]}
