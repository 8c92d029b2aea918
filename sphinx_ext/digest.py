"""The digest of a chapter: everything its outputs depend on, and nothing else."""

import ast
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from sphinx_ext.imports import Package, Target

Cell = dict[str, Any]


class DigestError(Exception):
    """A chapter whose digest cannot be told; the message says which cell and what to do."""


def chapter_digest(notebook_path: str | Path, root: str | Path, *, package: str = "slthlib") -> str:
    """Digest of all that a chapter's outputs depend on.

    Parameters
    ----------
    notebook_path : path
        The notebook.
    root : path
        Folder of the book, which holds the package and ``requirements.txt``.
    package : str
        Name of the package whose sources are followed.

    Returns
    -------
    str
        A sha256 in hexadecimal.
    """
    return digest_of(chapter_parts(notebook_path, root, package=package))


def digest_of(parts: dict[str, str]) -> str:
    """One digest from `chapter_parts`."""
    return _sha(json.dumps(parts, sort_keys=True).encode())


def chapter_parts(notebook_path: str | Path, root: str | Path, *, package: str = "slthlib") -> dict[str, str]:
    """What a chapter's outputs depend on, each with its digest: two of these tell what changed.

    Parameters are those of `chapter_digest`.
    """
    path, root = Path(notebook_path), Path(root)
    cells = code_cells(json.loads(path.read_text("utf-8")))
    sources = [[source(cell), sorted(cell["metadata"].get("tags", []))] for cell in cells]
    trees = [parse(text, f"{path.name}, code cell {number}") for number, (text, _) in enumerate(sources, 1)]
    whole = ast.Module([statement for tree in trees for statement in tree.body], [])
    ours = Package(package, root)
    bound = ours.bindings(whole, None)
    parts = {
        "code cells": _sha(json.dumps(sources).encode()),
        "requirements.txt": _sha(_lock(root).encode()),
        "Python": "{}.{}".format(*sys.version_info),
    }
    modules = ours.closure(ours.uses(whole, bound, every=True))
    for module in modules:
        parts[f"module {module}"] = _sha(ours.dump(module).encode())
    for folder in {ours.path(module).parent for module in modules}:
        for file in _neighbours(folder):
            parts[f"file {file.relative_to(root).as_posix()}"] = _sha(file.read_bytes())
    for number, tree in enumerate(trees, 1):
        for name in _records(tree, bound, f"{path.name}, code cell {number}"):
            for file in (path.parent / name, (path.parent / name).with_suffix(".provenance.json")):
                if not file.is_file():
                    raise DigestError(
                        f"{path.name}, code cell {number} reads the record {name}, but {file.name} does not exist "
                        "there: make it with its script in experiments/ (`make results`) or correct the path"
                    )
                parts[f"record {file.name}"] = _sha(file.read_bytes())
    return parts


def code_cells(notebook: dict[str, Any]) -> list[Cell]:
    """The code cells that hold anything."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and source(cell).strip()]


def source(cell: Cell) -> str:
    """Source of a cell, which the file may hold as a list of lines."""
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _lock(root: Path) -> str:
    """The lock without its comments."""
    file = root / "requirements.txt"
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    return "\n".join(filter(None, (re.sub(r"(^|\s)#.*", "", line).strip() for line in lines)))


def _neighbours(folder: Path) -> list[Path]:
    """Data files of a package folder, such as fonts: they belong to its modules. Subpackages have their own."""
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__")) or path.suffix in (".py", ".pyc") or path.name == "py.typed":
            continue
        if path.is_dir():
            found += [] if (path / "__init__.py").is_file() else _neighbours(path)
        else:
            found.append(path)
    return found


def parse(text: str, where: str) -> ast.Module:
    """Syntax tree of a cell; IPython's magics vanish, the code that they time stays."""
    try:
        return ast.parse(text)
    except SyntaxError:
        lines = []
        for line in text.splitlines():
            timed = re.sub(r"^(\s*)%(time|timeit|prun)\s+(-\w+(\s+\d+)?\s+)*", r"\1", line)
            lines.append(re.sub(r"^(\s*)[%!].*", r"\1pass", timed))
    try:
        return ast.parse("\n".join(lines))
    except SyntaxError as error:
        if text.lstrip().startswith("%%"):
            return ast.Module([], [])  # another language
        raise DigestError(f"{where} is not Python: {error.msg} (line {error.lineno})") from None


def _records(tree: ast.Module, bound: dict[str, set[Target]], where: str) -> list[str]:
    """Paths of the recorded results that code reads."""
    names = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and _is_reader(node.func, bound)):
            continue
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if not given or not isinstance(given[0], ast.Constant) or not isinstance(given[0].value, str):
            raise DigestError(
                f"{where}: `{ast.unparse(node)}` must give the path as a literal string, relative to the notebook's "
                'folder, as in `records.read("../results/gap.csv")`: the page is executed anew when that file changes'
            )
        names.append(given[0].value)
    return names


def _is_reader(function: ast.expr, bound: dict[str, set[Target]]) -> bool:
    if isinstance(function, ast.Name):
        targets = bound.get(function.id, set())
        return any(name == "read_record" or (name == "read" and m.endswith(".records")) for m, name in targets)
    if not isinstance(function, ast.Attribute) or function.attr not in ("read", "read_record"):
        return False
    owner = function.value
    if isinstance(owner, ast.Attribute):
        return owner.attr == "records"
    if not isinstance(owner, ast.Name):
        return False
    return owner.id == "records" or any("records" in (m.rpartition(".")[2], n) for m, n in bound.get(owner.id, ()))
