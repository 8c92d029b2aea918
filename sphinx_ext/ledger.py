"""The theorem ledger: every statement in a box has a row that says where it comes from and what checks it."""

import re
from collections.abc import Set
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from sphinx_ext.ledger_boxes import boxes_of, ledger_link, pages_of, statements
from sphinx_ext.ledger_rows import FOLDER, Row, cell_check, ledger_files, read_rows, verify
from sphinx_ext.ledger_table import FillLedger, LedgerDirective

LOGGER = logging.getLogger(__name__)


def invented(box: nodes.Element) -> bool:
    """Whether sphinx-proof made the label up: it numbers boxes that have none."""
    return re.fullmatch(rf"{box['realtype']}-\d+", box["label"]) is not None


def note_boxes(app: Sphinx, doctree: nodes.document) -> None:
    """Keep a page's boxes on the environment, and say in each how far it is trusted."""
    env, docname = app.env, app.env.docname
    rows, _ = read_rows(Path(app.srcdir))
    boxes = []
    for box in statements(doctree):
        line = next((node.line for node in box.findall() if getattr(node, "line", None)), None)
        boxes.append({"label": box["label"], "type": box["realtype"], "line": line, "invented": invented(box)})
        row = rows.get(box["label"])
        if row:
            # Inside the box's section: after its text, before the border.
            box.children[-1].append(_status_line(row, docname, Path(app.srcdir)))
    if boxes:
        for file in ledger_files(Path(app.srcdir)):
            env.note_dependency(str(file))
    boxes_of(env)[docname] = boxes


def _status_line(row: Row, docname: str, root: Path) -> nodes.paragraph:
    line = nodes.paragraph("", "", nodes.Text(row.status[:1].upper() + row.status[1:]), classes=["ledger-status"])
    shown, cells = [], 0
    for check in row.checks:
        if not check.startswith("cell:"):
            shown.append(nodes.literal("", check.rpartition("::")[2]))
        elif (where := cell_check(check, root)[0]) == docname:
            cells += 1
        else:
            shown.append(ledger_link("", document=where))
    if cells:
        shown.append(nodes.Text("a cell of this page" if cells == 1 else f"{cells} cells of this page"))
    for number, one in enumerate(shown):
        line += [nodes.Text(", " if number else " · checked by "), one]
    line += ledger_link("", nodes.Text("in the ledger"), label=row.label)
    return line


def check(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Complain on every build: the rows and the tests may have changed when no page has."""
    root = Path(app.srcdir)
    rows, complaints = read_rows(root)
    labels = set()
    for docname, boxes in boxes_of(env).items():
        for box in boxes:
            labels.add(box["label"])
            place = (docname, box["line"])
            if box["invented"]:
                LOGGER.warning(
                    "a %s without a label: give the box `:label:`", box["type"], location=place, type="ledger"
                )
            elif box["label"] not in rows:
                text = "%s %r has no row in %s: add one with its source, status and checks"
                LOGGER.warning(text, box["type"], box["label"], FOLDER.as_posix(), location=place, type="ledger")
    for complaint in complaints + verify(rows, root):
        LOGGER.warning(complaint.text, location=complaint.place, type="ledger")
    for row in rows.values():
        if row.label not in labels:
            text = "row %r has no box: no statement of the book carries that label; correct it or delete the row"
            LOGGER.warning(text, row.label, location=row.place, type="ledger")
    return []


def outdated(app: Sphinx, env: BuildEnvironment, added: Set[str], changed: Set[str], removed: Set[str]) -> Set[str]:
    """Numbers and titles in the table change with any page."""
    return pages_of(env) if added or changed or removed else set()


def purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget a document that is read again or gone."""
    boxes_of(env).pop(docname, None)
    pages_of(env).discard(docname)


def merge(app: Sphinx, env: BuildEnvironment, docnames: Set[str], other: BuildEnvironment) -> None:
    """Take over what a parallel reader noted."""
    boxes_of(env).update({name: boxes for name, boxes in boxes_of(other).items() if name in docnames})
    pages_of(env).update(pages_of(other) & set(docnames))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive, the link and the events."""
    app.add_node(ledger_link)
    app.add_directive("ledger", LedgerDirective)
    app.add_post_transform(FillLedger)
    app.connect("doctree-read", note_boxes)
    app.connect("env-updated", check)
    app.connect("env-get-outdated", outdated, priority=900)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
