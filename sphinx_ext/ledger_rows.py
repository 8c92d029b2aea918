"""The rows of the theorem ledger, and whether what they claim to be checked by exists. Knows nothing of Sphinx."""

import ast
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sphinx_ext.digest import Cell, DigestError, code_cells, parse, source

STATUSES = (
    "proved here",
    "floating-point proof",
    "statistical certificate",
    "cited",
    "law derived and simulated",
    "conjecture",
)
UNCHECKED = ("cited", "conjecture")  # what may stand without a check of ours
FOLDER = Path("chapters", "ledger")  # a file a part of the book


@dataclass(frozen=True)
class Row:
    """A row of the ledger.

    Parameters
    ----------
    label : str
        Label of the box.
    source, status, note : str
        Where it comes from (may hold citations), how far it is trusted, and a remark.
    checks : tuple of str
        Tests and cells that check it.
    place : str
        File and line.
    """

    label: str
    source: str
    status: str
    note: str
    checks: tuple[str, ...]
    place: str


@dataclass(frozen=True)
class Complaint:
    """Something wrong: what to say, and the place."""

    place: str
    text: str


def ledger_files(root: Path) -> list[Path]:
    """The files of the ledger, in order."""
    return sorted((root / FOLDER).glob("*.yml"))


def read_rows(root: Path) -> tuple[dict[str, Row], list[Complaint]]:
    """Rows by label, and what is wrong with the files."""
    rows: dict[str, Row] = {}
    complaints: list[Complaint] = []
    for file in ledger_files(root):
        complaints += _read_file(file, file.relative_to(root).as_posix(), rows)
    return rows, complaints


def _read_file(file: Path, name: str, rows: dict[str, Row]) -> list[Complaint]:
    """Add the rows of one file; return what is wrong with it."""
    try:
        node = yaml.compose(file.read_text("utf-8"), yaml.SafeLoader)
        data = yaml.safe_load(file.read_text("utf-8")) or {}
    except yaml.YAMLError as error:
        return [Complaint(name, f"the ledger is not YAML: {error}")]
    if not isinstance(data, dict):
        return [Complaint(name, "the ledger must be a mapping from labels to rows")]
    complaints = []
    for key, _ in node.value if node else []:
        label, place = str(key.value), f"{name}:{key.start_mark.line + 1}"
        entry: Any = data.get(label)
        if label in rows:
            complaints.append(Complaint(place, f"a second row for {label!r}: merge the two"))
        if not isinstance(entry, dict) or not isinstance(entry.get("checks") or [], list):
            complaints.append(
                Complaint(place, f"row {label!r} must be a mapping with source, status and a list checks")
            )
            entry = {"source": "?", "status": "cited"}  # one complaint is enough
        unknown = entry.keys() - {"source", "status", "checks", "note"}
        if unknown:
            complaints.append(Complaint(place, f"row {label!r} has unknown entries: {', '.join(sorted(unknown))}"))
        checks = tuple(str(one) for one in entry.get("checks") or [])
        text = (str(entry.get(field) or "").strip() for field in ("source", "status", "note"))
        rows[label] = Row(label, *text, checks, place)
    return complaints


def verify(rows: dict[str, Row], root: Path) -> list[Complaint]:
    """Complain about statuses, missing sources and checks, and checks that do not exist."""
    marks = _marks(root)
    complaints = []
    for row in rows.values():
        texts = []
        if row.status not in STATUSES:
            texts.append(f"has the unknown status {row.status!r}: use one of {', '.join(STATUSES)}")
        if not row.source:
            texts.append("names no source: say who proved it, or in which chapter it is proved")
        if not row.checks and row.status not in UNCHECKED:
            texts.append(f"names no check: list a test or a cell, or use one of the statuses {', '.join(UNCHECKED)}")
        texts += filter(None, (_fault(check, row.label, root, marks) for check in row.checks))
        complaints += [Complaint(row.place, f"row {row.label!r} {text}") for text in texts]
    for (name, _), labels in sorted(marks.items()):
        for label in sorted(labels - rows.keys()):
            text = f'@pytest.mark.ledger("{label}") names no row in {FOLDER.as_posix()}: add it or correct the label'
            complaints.append(Complaint(name, text))
    return complaints


def _fault(check: str, label: str, root: Path, marks: dict[tuple[str, str], set[str]]) -> str:
    """What is wrong with a check, empty if nothing."""
    if check.startswith("cell:"):
        return _cell_fault(check, root)
    name, _, test = check.partition("::")
    if not test:
        return f'has the check {check!r}: write "tests/path/test_x.py::test_name" or "cell: docname#tag"'
    if not (root / name).is_file():
        return f"names the test file {name}, which does not exist"
    if (name, test) not in marks:
        return f"names the test {test}, which {name} does not hold"
    if label not in marks[name, test]:
        return f'names the test {check}, which lacks the decorator @pytest.mark.ledger("{label}")'
    return ""


def _cell_fault(check: str, root: Path) -> str:
    docname, tag = cell_check(check, root)
    path = root / f"{docname}.ipynb"
    if not tag or not path.is_file():
        return f'has the check {check!r}, but there is no notebook {docname}.ipynb: write "cell: docname#tag"'
    tagged = [
        cell for cell in code_cells(json.loads(path.read_text("utf-8"))) if tag in cell["metadata"].get("tags", [])
    ]
    if not tagged:
        return f"has the check {check!r}, but no code cell of {docname}.ipynb carries the tag {tag!r}"
    if not any(_asserts(cell) for cell in tagged):
        return f"has the check {check!r}, but the cell with that tag asserts nothing"
    return ""


def _asserts(cell: Cell) -> bool:
    try:
        return any(isinstance(node, ast.Assert) for node in ast.walk(parse(source(cell), "")))
    except DigestError:
        return False  # the execution says it better


def cell_check(check: str, root: Path) -> tuple[str, str]:
    """Document and tag of a check such as ``cell: chapters/sums/partition#lift``; ``chapters/`` may be left out."""
    docname, _, tag = check.removeprefix("cell:").strip().partition("#")
    docname = docname.strip().removesuffix(".ipynb")
    if not (root / f"{docname}.ipynb").is_file() and (root / "chapters" / f"{docname}.ipynb").is_file():
        docname = f"chapters/{docname}"
    return docname, tag.strip()


def _marks(root: Path) -> dict[tuple[str, str], set[str]]:
    """Labels on each test function, by file and name (``Class::method`` in a class)."""
    marks: dict[tuple[str, str], set[str]] = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        name = path.relative_to(root).as_posix()
        for node in _tree(path).body:
            for prefix, test in [("", node), *((f"{node.name}::", one) for one in _methods(node))]:
                if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef):
                    marks[name, prefix + test.name] = _labels(test) | (_labels(node) if prefix else set())
    return marks


def _tree(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text("utf-8"))
    except SyntaxError:
        return ast.Module([], [])  # pytest says it better


def _methods(node: ast.stmt) -> list[ast.stmt]:
    return node.body if isinstance(node, ast.ClassDef) else []


def _labels(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> set[str]:
    found = set()
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("mark.ledger"):
            found |= {str(one.value) for one in decorator.args if isinstance(one, ast.Constant)}
    return found
