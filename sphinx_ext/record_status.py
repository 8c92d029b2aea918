"""How a recorded result stands to today's code: its script, the pages that show it, and what has changed since."""

import ast
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from slthlib.lab import records
from slthlib.lab._essence import digest
from sphinx_ext.digest import code_cells, source
from sphinx_ext.imports import Package

FOLDER = Path("chapters", "results")
#: Records that may stay although the code has changed: file name -> why nothing in them depends on the change.
EXCUSED = FOLDER / "stale.yml"


@dataclass(frozen=True)
class Standing:
    """A recorded result and today's code.

    Parameters
    ----------
    record : Record
        The result.
    script : str
        What made it, relative to the project.
    pages : tuple of str
        Docnames of the pages that read or show it.
    changed : tuple of str
        Files whose code is not what it was when the result was made.
    excuse : str
        Why the result stands all the same; empty if nobody says so.
    """

    record: records.Record
    script: str
    pages: tuple[str, ...]
    changed: tuple[str, ...]
    excuse: str


def payloads(root: Path) -> list[Path]:
    """The recorded results, in order."""
    files = [file for kind in ("*.csv", "*.json", "*.npz") for file in (root / FOLDER).glob(kind)]
    return sorted(file for file in files if not file.name.endswith(".provenance.json"))


def excuses(root: Path) -> dict[str, str]:
    """Why each excused record may stay."""
    file = root / EXCUSED
    return yaml.safe_load(file.read_text("utf-8")) or {} if file.is_file() else {}


def standing(path: Path, root: Path, *, package: str = "slthlib") -> Standing:
    """How the record in ``path`` stands to the code in ``root``."""
    record = records.read(path)
    about = record.provenance
    files = about["code"]["files"]
    words = [*re.findall(r"[\w/.-]+\.py", about["command"]), *(name for name in files if not name.startswith(package))]
    script = words[0] if words else ""
    return Standing(record, script, _pages(path.name, root), _changed(files, about, script, root, package),
                    excuses(root).get(path.name, ""))  # fmt: skip


def _changed(files: object, about: dict, script: str, root: Path, package: str) -> tuple[str, ...]:
    if not isinstance(files, dict):
        return ("recorded before digests of single files were kept",)
    if about["versions"].get("python", "").split(".")[:2] != [str(part) for part in sys.version_info[:2]]:
        return ()  # syntax trees of two Pythons cannot be compared
    if not (root / script).is_file():
        return (f"{script} is gone",)
    ours = Package(package, root)
    tree = ast.parse((root / script).read_text("utf-8"))
    modules = ours.closure(ours.uses(tree, ours.bindings(tree, None), every=True))
    modules -= ours.closure([f"{package}.lab.records"])  # how a record is written does not change what it says
    paths = sorted({root / script, *filter(None, map(ours.path, modules))})
    names = [path.relative_to(root).as_posix() for path in paths]
    return tuple(name for name, path in zip(names, paths, strict=True) if files.get(name) != digest(path))


def _pages(name: str, root: Path) -> tuple[str, ...]:
    """Pages that name the file: notebooks in their code, others in a directive."""
    found = []
    for path in sorted((root / "chapters").rglob("*")):
        if path.suffix == ".ipynb":
            notebook = json.loads(path.read_text("utf-8"))
            text = "\n".join(map(source, code_cells(notebook)))
            text += "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
        elif path.suffix == ".md":
            text = path.read_text("utf-8")
        else:
            continue
        if f"results/{name}" in text:
            found.append(path.relative_to(root).with_suffix("").as_posix())
    return tuple(found)
