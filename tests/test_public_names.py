"""Every public name is documented, and says truly in which chapters it is used."""

import ast
import importlib
import inspect
import itertools
import json
import re

import pytest
from house import ROOT, cells, notebooks, pages

HEADING = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)
USED = re.compile(r"Used in:\s+(.+)\.\s*$", re.DOTALL)


def public_modules(root, package):
    """Dotted names of the modules without an underscore."""
    for path in sorted((root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        if not any(part.startswith("_") for part in parts):
            yield ".".join(parts)


def public_names(root, package):
    """Functions and classes in the `__all__` of public modules: object -> the shortest name it goes by."""
    found = {}
    for module in sorted(public_modules(root, package), key=lambda name: name.count(".")):
        loaded = importlib.import_module(module)
        for name in getattr(loaded, "__all__", ()):
            thing = getattr(loaded, name)
            if (inspect.isclass(thing) or callable(thing)) and inspect.getmodule(thing).__name__.startswith(package):
                found.setdefault(thing, f"{module}.{name}")
    return found


def sections(doc):
    """The sections of a numpydoc docstring: heading -> text."""
    parts = HEADING.split(doc)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def described(section):
    """Names that a Parameters section describes, in order; `**options` stand without a type."""
    lines = [line for line in section.splitlines() if line and not line[0].isspace()]
    lines = [line for line in lines if " : " in line or line[0] == "*"]
    return [name.strip() for line in lines for name in line.partition(" : ")[0].split(",")]


def signature(thing):
    """Names of the parameters as numpydoc writes them; None if there is nothing to see."""
    try:
        parameters = inspect.signature(thing).parameters.values()
    except ValueError:
        return None
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return [stars.get(one.kind, "") + one.name for one in parameters]


def docstring_faults(thing):
    """What the docstring of a function or class lacks."""
    doc = inspect.cleandoc(thing.__doc__ or "")
    if not doc:
        return ["no docstring"]
    found = sections(doc)
    faults = ["no summary"] if HEADING.match(doc) or USED.match(doc) else []
    expected = signature(thing)
    takes = found.get("Parameters", found.get("Attributes", "") if inspect.isclass(thing) else "")
    if expected is not None and described(takes) != expected:
        faults.append(f"Parameters describes {described(takes)}, the signature has {expected}")
    if inspect.isfunction(thing):
        returns = inspect.signature(thing).return_annotation
        if returns not in (None, "None", inspect.Signature.empty) and not {"Returns", "Yields"} & set(found):
            faults.append("no section Returns")
    if not USED.search(doc):
        faults.append("does not end with a line `Used in: part/chapter.` or `Used in: no chapter.`")
    return faults


def named_chapters(thing):
    """Docnames that the docstring names."""
    found = USED.search(inspect.cleandoc(thing.__doc__ or ""))
    if not found or found[1].startswith("no chapter"):
        return set()
    return {"chapters/" + name.strip().removeprefix("chapters/") for name in found[1].split(",")}


def uses(code, package):
    """Objects of the package that a chapter's code names after importing them, or as attributes of imported modules."""
    tree = ast.parse(code)
    known, used = {}, set()

    def resolve(dotted):
        try:
            return importlib.import_module(dotted)
        except ImportError:
            module, _, name = dotted.rpartition(".")
            return getattr(importlib.import_module(module), name)

    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == package:
                    known[alias.asname or package] = resolve(alias.name if alias.asname else package)
                    importlib.import_module(alias.name)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == package:
            for alias in node.names:
                known[alias.asname or alias.name] = resolve(f"{node.module}.{alias.name}")

    def value(node):
        if isinstance(node, ast.Name):
            return known.get(node.id)
        if isinstance(node, ast.Attribute):
            base = value(node.value)
            # Only attributes of modules and classes lead to names; those of results are data.
            return getattr(base, node.attr, None) if inspect.ismodule(base) or inspect.isclass(base) else None
        return None

    for node in ast.walk(tree):
        thing = value(node)
        if thing is not None and not inspect.ismodule(thing) and callable(thing):
            used.add(thing)
    return used


def code_of(path):
    """All code of a notebook as one module; lines for IPython alone are left out."""
    lines = "\n".join(cell["source"] for cell in cells(path, "code")).splitlines()
    return "\n".join("pass" if line.startswith(("%", "!")) else line for line in lines)


def returned(thing, names):
    """Public classes that a function's return annotation mentions: a chapter uses them without naming them."""
    text = str(getattr(thing, "__annotations__", {}).get("return", "")) if inspect.isfunction(thing) else ""
    return {name for name in names if inspect.isclass(name) and re.search(rf"\b{name.__name__}\b", text)}


def name_faults(root, package="slthlib"):
    """Faults of all public names, as `name: fault`."""
    names = public_names(root, package)
    used = {page: uses(code_of(root / f"{page}.ipynb"), package) & set(names) for page in notebooks(root)}
    faults = []
    for thing, name in names.items():
        faults += [f"{name}: {fault}" for fault in docstring_faults(thing)]
        named = named_chapters(thing)
        says = USED.search(inspect.cleandoc(thing.__doc__ or ""))  # one fault is enough where the line is missing
        truly = {page for page, things in used.items() if thing in things}
        through = {page for page, things in used.items() if any(thing in returned(one, names) for one in things)}
        faults += [
            f"{name}: says it is used in {page}, no page of _toc.yml" for page in sorted(named - set(pages(root)))
        ]
        unused = (named & set(pages(root))) - truly - through
        faults += [f"{name}: says it is used in {page}, which does not use it" for page in sorted(unused)]
        faults += [f"{name}: is used in {page}, and does not say so" for page in sorted(truly - named) if says]
    return faults


def test_public_names():
    faults = name_faults(ROOT)
    assert not faults, "\n" + "\n".join(faults)


def test_there_are_public_names():
    assert len(public_names(ROOT, "slthlib")) > 20


FRESH = itertools.count()
GOOD = '''
from dataclasses import dataclass

__all__ = ["Half", "half"]

@dataclass
class Half:
    """A half.

    Parameters
    ----------
    value : float
        What it is.

    Used in: a/one.
    """

    value: float

def half(x: float, *rest: float, **more: float) -> Half:
    """Halve.

    Parameters
    ----------
    x : float
        A number.
    *rest, **more : float
        Others.

    Returns
    -------
    Half
        Half of it.

    Used in: a/one.
    """
'''


@pytest.fixture
def plant(tmp_path, monkeypatch):
    """Make a small house around one package and look for faults in it."""

    def faults(code=GOOD, cell="from {0}.room import half\nhalf(1)", other="x = 1"):
        package = f"planted_{next(FRESH)}"  # a name of its own: modules stay loaded
        monkeypatch.syspath_prepend(tmp_path)
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("")
        (tmp_path / package / "room.py").write_text(code)
        (tmp_path / package / "_private.py").write_text("__all__ = ['f']\ndef f(): pass\n")
        (tmp_path / "_toc.yml").write_text("root: intro\nchapters:\n- file: chapters/a/one\n- file: chapters/a/two\n")
        (tmp_path / "chapters" / "a").mkdir(parents=True)
        for name, source in (("one", cell), ("two", other)):
            cell = {"cell_type": "code", "metadata": {}, "source": source.format(package)}
            (tmp_path / "chapters" / "a" / f"{name}.ipynb").write_text(json.dumps({"cells": [cell]}))
        return [fault.partition(".room.")[2] for fault in name_faults(tmp_path, package)]

    return faults


@pytest.mark.parametrize(
    "cell",
    [
        "from {0}.room import half\nhalf(1)",
        "from {0} import room\nroom.half(1)",
        "import {0}.room as r\nr.half(1)",
        "import {0}.room\nprint({0}.room.half(1))",
        "%matplotlib inline\nfrom {0}.room import half as h\nh(1)",
    ],
)
def test_a_good_house_has_no_faults(plant, cell):
    assert plant(cell=cell) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("x : float\n", "y : float\n", "half: Parameters describes ['y', '*rest', '**more'], the signature has ['x'"),
        ("    Returns\n    -------\n    Half\n        Half of it.\n", "", "half: no section Returns"),
        ("half.\n\n    Parameters\n    ----------\n    value : float\n        What it is.\n", "half.\n", "Half: Param"),
        ("Halve.", "", "half: no summary"),
        ("Used in: a/one", "Used in: no chapter", "half: is used in chapters/a/one, and does not say so"),
        ("Used in: a/one", "Used in: a/one, a/two", "half: says it is used in chapters/a/two, which does not use it"),
        ("Used in: a/one", "Used in: a/one, a/three", "half: says it is used in chapters/a/three, no page of _toc"),
        ("Used in: a/one.", "", "half: does not end with a line `Used in:"),
    ],
)
def test_a_planted_fault_is_found(plant, old, new, fault):
    start, _, end = GOOD.rpartition(old) if "Half:" not in fault else GOOD.partition(old)
    faults = plant(start + new + end)
    assert len(faults) == 1
    assert faults[0].startswith(fault)


def test_a_chapter_that_is_not_named_is_found(plant):
    other = "import {0}.room as r\nr.half(2)"
    assert plant(other=other) == ["half: is used in chapters/a/two, and does not say so"]


@pytest.mark.parametrize("cell", ["x = 1", "from {0}.room import half"])
def test_a_chapter_that_stopped_using_a_name_is_found(plant, cell):
    assert sorted(plant(cell=cell)) == [
        "Half: says it is used in chapters/a/one, which does not use it",
        "half: says it is used in chapters/a/one, which does not use it",
    ]
