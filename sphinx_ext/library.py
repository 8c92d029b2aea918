"""The library reference: each room's public names through autodoc, each with links to the chapters that use it."""

import importlib
import inspect
import re
from types import ModuleType
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode
from sphinx.util.typing import stringify_annotation

LOGGER = logging.getLogger(__name__)
USED = re.compile(r"^Used in:\s+(.+?)\.?$")


class LibraryDirective(SphinxDirective):
    """Document every name in ``__all__`` of the modules in its content, one a line; of all rooms if it has none."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Hand reST to autodoc through MyST's ``eval-rst``."""
        lines = ["````{eval-rst}"]
        for name in [line.strip() for line in self.content if line.strip()] or rooms(self.config.book_package):
            try:
                module = importlib.import_module(name)
            except ImportError as error:
                LOGGER.warning("library: cannot import %s: %s", name, error, location=self.get_location())
                continue
            self._depend_on(module)
            if not hasattr(module, "__all__"):
                LOGGER.warning("library: %s has no __all__: list its public names", name, location=self.get_location())
            about = (inspect.getdoc(module) or "").partition("\n")[0]
            lines += ["", f"``{name}``: {about}" if about else f"``{name}``", ""]
            for public in getattr(module, "__all__", ()):
                thing = getattr(module, public)
                self._depend_on(thing)
                if not inspect.ismodule(thing) and not public.startswith("__"):
                    lines += _directive(f"{name}.{public}", thing)
        lines.append("````")
        holder = nodes.container(classes=["library"])
        self.state.nested_parse(StringList(lines, source="library"), self.content_offset, holder)
        return [holder]

    def _depend_on(self, thing: Any) -> None:
        """Read the page again when the source of a name changes."""
        try:
            file = inspect.getsourcefile(thing if isinstance(thing, ModuleType) else inspect.unwrap(thing))
        except TypeError:  # a constant has no file; its module is noted
            return
        if file:
            self.env.note_dependency(file)


def rooms(name: str) -> list[str]:
    """The package's rooms, and the modules that their ``__all__`` names: whatever a reader may import."""
    found = []
    module = importlib.import_module(name)
    for public in getattr(module, "__all__", ()):
        inner = getattr(module, public)
        # A module of another package, imported for use, is no room.
        if inspect.ismodule(inner) and inner.__name__ == f"{name}.{public}":
            found += [inner.__name__, *rooms(inner.__name__)]
    return found


def _directive(name: str, thing: Any) -> list[str]:
    if inspect.isclass(thing):
        return ["", f".. autoclass:: {name}", "   :members:", ""]
    if callable(thing):
        return ["", f".. autofunction:: {name}", ""]
    # The text of a function says nothing to a reader.
    hidden = ["   :no-value:"] if "<function " in repr(thing) else []
    return ["", f".. autodata:: {name}", *hidden, ""]


def set_used_aside(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Take the line out before napoleon, for which it would be part of whichever section it stands in."""
    for start, line in enumerate(lines):
        if not line.startswith("Used in:"):
            continue
        end = next((i for i in range(start, len(lines)) if not lines[i].strip()), len(lines))
        text = " ".join(one.strip() for one in lines[start:end])
        del lines[start:end]
        _drop_empty_notes(lines)
        app.env.temp_data.setdefault("library used", {})[name] = text
        return


def _drop_empty_notes(lines: list[str]) -> None:
    while lines and not lines[-1].strip():
        lines.pop()
    if len(lines) >= 2 and lines[-2].strip() == "Notes" and set(lines[-1].strip()) == {"-"}:
        del lines[-2:]


def add_links(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Put the line back at the end, its chapters as links."""
    found = USED.match(app.env.temp_data.get("library used", {}).pop(name, ""))
    if not found:
        return
    text = found.group(1)
    if not text.startswith("no chapter"):
        text = ", ".join(f":doc:`/chapters/{one.strip().removeprefix('chapters/')}`" for one in text.split(","))
    lines += ["", f"Used in: {text}.", ""]


def shorten_types(app: Sphinx, objtype: str, name: str, *given: Any) -> None:
    """Name NumPy's array types as the source does: Sphinx spells out the unions that they stand for."""
    try:
        from numpy.typing import ArrayLike
    except ImportError:
        return
    mode = "smart" if app.config.autodoc_typehints_format == "short" else "fully-qualified"
    spelled = stringify_annotation(ArrayLike, mode)
    hints = app.env.temp_data.get("annotations", {}).get(name, {})
    for key, text in hints.items():
        text = text.replace(spelled, "ArrayLike")
        hints[key] = re.sub(r"~?numpy\.ndarray\[.*?, ~?numpy\.dtype\[(.*?)\]\]", r"NDArray[\1]", text)


def find_elsewhere(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Node) -> nodes.Node | None:
    """Link a type to where it is documented: annotations name the module it is written in, pages the room it is in."""
    if node.get("refdomain") != "py":
        return None
    last = node["reftarget"].rpartition(".")[2]
    objects = env.get_domain("py").objects
    places = [(key, entry) for key, entry in objects.items() if key.rpartition(".")[2] == last]
    package = app.config.book_package
    if len(places) != 1 or not (node["reftarget"].startswith(package + ".") or "." not in node["reftarget"]):
        return None
    _, entry = places[0]
    return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, content, last)


def excuse(app: Sphinx, domain: Any, node: pending_xref) -> bool | None:
    """Types of other packages in signatures lead nowhere, which is no fault of a page (and builds are nitpicky)."""
    ours = node["reftarget"].startswith(app.config.book_package + ".")
    # In a docstring's types each word is taken for a name: "array of float, shape (n,)".
    return True if node.get("refdomain") == "py" and not ours and node.get("reftype") in ("class", "obj") else None


def defaults(app: Sphinx, config: Config) -> None:
    """The docstrings are numpydoc; attributes of dataclasses are described once."""
    config.napoleon_google_docstring = False
    config.napoleon_use_ivar = True


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and the events, around napoleon's."""
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    if "book_package" not in app.config:
        app.add_config_value("book_package", "slthlib", "env", str)
    app.add_directive("library", LibraryDirective)
    app.connect("config-inited", defaults)
    app.connect("autodoc-process-docstring", set_used_aside, priority=400)
    app.connect("autodoc-process-docstring", add_links, priority=600)
    # After autodoc has noted the annotations, before it writes them into the description.
    app.connect("autodoc-process-signature", shorten_types, priority=900)
    app.connect("missing-reference", find_elsewhere)
    app.connect("warn-missing-reference", excuse)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
