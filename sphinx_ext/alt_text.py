"""Every image says in words what it shows."""

import re
from pathlib import PurePosixPath

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
SHORTEST = 15


def fault(alt: str, uri: str) -> str:
    """What is wrong with an alt text, empty if nothing.

    Parameters
    ----------
    alt : str
        The text.
    uri : str
        Where the image is.
    """
    alt = " ".join(alt.split())
    if not alt:
        return "has no alt text"
    name = PurePosixPath(uri)
    if alt in (uri, name.name) or alt.startswith("_images/") or re.fullmatch(r"\S+\.\w{2,5}", alt):
        return f"has a file name for alt text: {alt!r}"
    if _letters(alt) == _letters(name.stem):
        return f"has an alt text that repeats its file name: {alt!r}"
    if len(alt) < SHORTEST:
        return f"has an alt text of fewer than {SHORTEST} characters: {alt!r}"
    return ""


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def check(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of each image whose alt text says nothing."""
    seen: set[int] = set()
    for image in doctree.findall(nodes.image):
        bundle, cell = _ancestor(image, "mime_bundle"), _ancestor(image, "cell_code")
        if bundle is not None:
            # PNG and SVG of one figure share their alt text: one complaint is enough.
            if id(bundle) in seen:
                continue
            seen.add(id(bundle))
        found = fault(image.get("alt", ""), image["uri"])
        if not found:
            continue
        what, advice = f"the image {image['uri']}", "say what it shows, in words"
        if cell is not None:
            # Its file is named by a hash, which tells an author nothing.
            what = f"an image made by cell {cell.get('cell_index', 0) + 1} of the notebook"
            advice = "in the cell's metadata set `mystnb: {image: {alt: what the figure shows, in words}}`"
        LOGGER.warning("%s %s: %s", what, found, advice, location=(app.env.docname, image.line), type="alt_text")


def _ancestor(node: nodes.Node, element: str) -> nodes.Element | None:
    while node is not None:
        if isinstance(node, nodes.container) and node.get("nb_element") == element:
            return node
        node = node.parent
    return None


def setup(app: Sphinx) -> dict[str, bool]:
    """Look at each page when it is read; `fresh_outputs` has pages with warnings read again."""
    app.connect("doctree-read", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
