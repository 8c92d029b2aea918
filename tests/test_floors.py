"""A room of the library imports only from the floors below it, never sideways."""

import ast

import pytest
from house import ROOT

# Room: (rooms it may import, packages it may not). The table of the design.
ROOMS = {
    "strong": ({"sums", "nets", "lab"}, set()),
    "sparse": ({"tickets", "nets", "lab"}, set()),
    "tickets": ({"nets", "lab"}, set()),
    "sums": (set(), {"torch"}),
    "nets": ({"lab"}, {"numba"}),
    "lab": (set(), set()),
}


def imported(tree, package):
    """Dotted names that a module imports, wherever in it: statements, relative ones, import_module("...")."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            # `from slthlib import sums` imports a room although no dotted name says so.
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                name = node.args[0].value
                dots = len(name) - len(name.lstrip("."))
                above = package[: len(package) - dots + 1] if dots else []
                yield node.lineno, ".".join([*above, name.lstrip(".")])


def floor_faults(root):
    """Every import of the library that the table does not allow, as `file:line: ...`."""
    faults = []
    for path in sorted((root / "slthlib").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        room = parts[1] if len(parts) > 2 else None
        if room is not None and room not in ROOMS:
            faults.append(f"{path.relative_to(root)}: the room {room} is on no floor; known: {', '.join(ROOMS)}")
            continue
        allowed, forbidden = ROOMS.get(room, (set(), {"numpy", "scipy", "numba", "torch"}))
        for line, name in imported(ast.parse(path.read_text(encoding="utf-8")), list(parts[:-1])):
            top, _, rest = name.partition(".")
            other = rest.partition(".")[0]
            if top in forbidden:
                faults.append(f"{path.relative_to(root)}:{line}: {room or 'the front door'} never imports {top}")
            elif top == "slthlib" and other in ROOMS and other != room and other not in allowed:
                below = ", ".join(sorted(allowed)) or "no other room"
                faults.append(
                    f"{path.relative_to(root)}:{line}: {room or 'the front door'} may import {below}, not {other}"
                )
    return faults


def test_every_import_goes_down():
    assert floor_faults(ROOT) == []


@pytest.mark.parametrize(
    ("place", "code", "fault"),
    [
        ("sums/a.py", "import torch", "sums never imports torch"),
        ("sums/a.py", "def f():\n    from torch.nn import Linear", "a.py:2: sums never imports torch"),
        ("nets/a.py", "from numba import njit", "nets never imports numba"),
        ("sums/a.py", "from slthlib import lab", "sums may import no other room, not lab"),
        ("lab/a.py", "import slthlib.sums.laws as laws", "lab may import no other room, not sums"),
        ("lab/deep/a.py", "from ...sums import laws", "not sums"),
        ("tickets/a.py", "from ..strong import embed", "tickets may import lab, nets, not strong"),
        ("strong/a.py", "from .. import sparse", "not sparse"),
        ("nets/__init__.py", "from ..sums import laws", "nets may import lab, not sums"),
        ("lab/a.py", "from importlib import import_module\nimport_module('slthlib.nets')", "a.py:2: lab"),
        ("lab/a.py", "__import__('slthlib.nets')", "not nets"),
        ("lab/a.py", "import importlib\nimportlib.import_module('..nets', __package__)", "not nets"),
        ("attic/a.py", "", "the room attic is on no floor"),
        ("__init__.py", "from slthlib import sums", "the front door may import no other room, not sums"),
        ("__init__.py", "import numpy", "the front door never imports numpy"),
    ],
)
def test_a_planted_import_is_found(tmp_path, place, code, fault):
    path = tmp_path / "slthlib" / place
    path.parent.mkdir(parents=True)
    path.write_text(code)
    (found,) = floor_faults(tmp_path)
    assert fault in found


def test_imports_from_below_are_fine(tmp_path):
    for room, code in {
        "strong": "from slthlib import nets, sums\nfrom . import b\nfrom slthlib.strong.b import x\nimport torch",
        "sums": "import numba\nfrom slthlib import __version__\nfrom slthlib.sums._jit import kernel",
        "sparse": "from slthlib.tickets import masks\nfrom ..lab import records",
    }.items():
        (tmp_path / "slthlib" / room).mkdir(parents=True)
        (tmp_path / "slthlib" / room / "a.py").write_text(code)
    assert floor_faults(tmp_path) == []
