"""The chapters of the book that run, and where their executed copies and records live."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sphinx_ext import notebooks
from sphinx_ext.digest import code_cells

FOLDER = Path("_build", "executed")


@dataclass(frozen=True)
class Chapter:
    """A notebook of the book and where its executed copy goes.

    Parameters
    ----------
    root : Path
        Folder of the book.
    docname : str
        Its name in the table of contents, without the ending.
    """

    root: Path
    docname: str

    @property
    def path(self) -> Path:
        """The notebook."""
        return self.root / f"{self.docname}.ipynb"

    @property
    def executed(self) -> Path:
        """Its executed copy."""
        return self.root / FOLDER / f"{self.docname}.ipynb"

    @property
    def record_path(self) -> Path:
        """What is known of the execution."""
        return self.root / FOLDER / f"{self.docname}.json"

    def record(self) -> dict[str, Any]:
        """What is known of the last execution; empty when there was none or it cannot be read."""
        try:
            found = json.loads(self.record_path.read_text("utf-8"))
            return found if self.executed.is_file() else {}
        except (OSError, ValueError):
            return {}

    def forget(self) -> None:
        """Leave no trace of an execution."""
        self.record_path.unlink(missing_ok=True)
        self.executed.unlink(missing_ok=True)


def chapters(root: str | Path) -> list[Chapter]:
    """The notebooks that the table of contents names and that have code cells, in its order."""
    root = Path(root)
    names: list[str] = []

    def walk(entry: Any) -> None:
        if isinstance(entry, dict):
            names.extend(str(entry[key]) for key in ("root", "file") if key in entry)
            for value in entry.values():
                walk(value)
        elif isinstance(entry, list):
            for value in entry:
                walk(value)

    walk(yaml.safe_load((root / "_toc.yml").read_text("utf-8")))
    found = [Chapter(root, name.removesuffix(".ipynb")) for name in dict.fromkeys(names)]
    return [one for one in found if one.path.is_file() and code_cells(notebooks.load(one.path))]
