"""Parts of a long run that are finished: kept in a file of lines, so that a run that was stopped can go on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Unfinished:
    """Finished parts by name, in ``<payload>.unfinished`` beside the payload.

    Parameters
    ----------
    path : Path
        The payload's file.
    identity : str
        Code and seed of the run; parts of another run are thrown away.
    """

    def __init__(self, path: Path, identity: str) -> None:
        self._file = path.with_name(path.name + ".unfinished")
        self._parts: dict[str, Any] = {}
        lines = self._file.read_text("utf-8").splitlines() if self._file.is_file() else []
        if lines and lines[0] == json.dumps(identity):
            for line in lines[1:]:
                try:
                    name, value = json.loads(line)
                except ValueError:
                    break  # the run was stopped while this line was written
                self._parts[name] = value
        self._file.write_text("".join(json.dumps(x) + "\n" for x in (identity, *self._parts.items())), "utf-8")

    @property
    def found(self) -> int:
        """How many parts there are."""
        return len(self._parts)

    def part(self, name: str, compute: Callable[[], Any]) -> Any:
        """The value of a part, computed unless it is there; what comes back has always been through JSON."""
        if name not in self._parts:
            line = json.dumps([name, compute()], allow_nan=False)
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(line + "\n")
            self._parts[name] = json.loads(line)[1]
        return self._parts[name]

    def forget(self) -> None:
        """Remove the file: the run is complete."""
        self._file.unlink(missing_ok=True)
