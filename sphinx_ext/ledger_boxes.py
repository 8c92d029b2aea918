"""What the two halves of the ledger share: the statements, kept on the environment, and links made late."""

from collections.abc import Iterable
from typing import Any

from docutils import nodes
from sphinx.environment import BuildEnvironment

STATEMENTS = {
    *("theorem", "lemma", "proposition", "corollary", "conjecture"),
    *("observation", "property", "criterion", "axiom"),
}


class ledger_link(nodes.Inline, nodes.TextElement):
    """A link to a row of the ledger or to a chapter, made when all pages have been read."""


def statements(doctree: nodes.document) -> Iterable[nodes.Element]:
    """Boxes that state something."""
    return (node for node in doctree.findall(nodes.Element) if node.get("realtype") in STATEMENTS)


def boxes_of(env: BuildEnvironment) -> dict[str, list[dict[str, Any]]]:
    """Boxes of each document: label, type, line, and whether sphinx-proof invented the label."""
    return env.__dict__.setdefault("ledger_boxes", {})


def pages_of(env: BuildEnvironment) -> set[str]:
    """Documents that show the table."""
    return env.__dict__.setdefault("ledger_pages", set())
