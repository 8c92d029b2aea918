"""A changed task is noticed, and a comment is not a change."""

import importlib
import itertools
import subprocess
import sys

import pytest
from house import ROOT

from slthlib.lab import sweep
from slthlib.lab._sweep_task import identity

CODE = '''
"""A module."""
import math as m
from os.path import join

FACTOR = 2
UNUSED = 3
TABLE = {"a": FACTOR}


def helper(x):
    return m.floor(x) * TABLE["a"]


class Tool:
    """A tool."""

    step = 1


def unrelated(x):
    return x + UNUSED


def task(*, seed, i):
    """Doc."""
    # a comment
    return {"value": helper(i) + Tool.step}


if __name__ == "__main__":
    FACTOR = 5
    task(seed=1, i=2)
'''
NUMBERS = itertools.count()


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Import the same module again, with other code."""
    monkeypatch.syspath_prepend(tmp_path)
    name = f"planted_task_{next(NUMBERS)}"

    def loaded(code):
        (tmp_path / f"{name}.py").write_text(code)
        sys.modules.pop(name, None)
        importlib.invalidate_caches()
        sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
        try:
            return importlib.import_module(name).task
        finally:
            sys.dont_write_bytecode = before

    return loaded


CHANGES = [
    ("helper(i) + Tool.step", "helper(i) - Tool.step"),
    ("m.floor(x)", "m.ceil(x)"),
    ("FACTOR = 2", "FACTOR = 4"),
    ("step = 1", "step = 2"),
    ("import math as m", "import numpy as m"),
    ("seed, i)", "seed, i=3)"),
]
SAME = [
    ("# a comment", "# another comment"),
    ('"""Doc."""', '"""Other."""'),
    ('"""A tool."""', '"""Another tool."""'),
    ("UNUSED = 3", "UNUSED = 4"),
    ("x + UNUSED", "x - UNUSED"),
    ("FACTOR = 5", "FACTOR = 6"),
    ("from os.path import join", "from os.path import split"),
    ("\n\ndef unrelated", "\n\n\n\ndef unrelated"),
]


@pytest.mark.parametrize(("old", "new"), CHANGES)
def test_a_change_counts(load, old, new):
    assert old in CODE
    assert identity(load(CODE), ())[1] != identity(load(CODE.replace(old, new, 1)), ())[1]


@pytest.mark.parametrize(("old", "new"), SAME)
def test_what_cannot_change_a_result_does_not_count(load, old, new):
    assert old in CODE
    assert identity(load(CODE), ()) == identity(load(CODE.replace(old, new)), ())


def test_an_import_of_everything_counts(load):
    first = CODE.replace("import math as m", "import math as m\nfrom string import *")
    other = CODE.replace("import math as m", "import math as m\nfrom keyword import *")
    assert identity(load(first), ())[1] != identity(load(other), ())[1]


def test_changed_tasks_are_run_again_and_said(load, tmp_path, capfd):
    store = tmp_path / "cells.sqlite"
    assert list(sweep(load(CODE), [{"i": 3}], store=store).value) == [7]
    assert capfd.readouterr().err == ""
    changed = load(CODE.replace("FACTOR = 2", "FACTOR = 10"))
    assert list(sweep(changed, [{"i": 3}], store=store).value) == [31]
    assert "task has changed since 1 cells were stored: all are computed again" in capfd.readouterr().err
    sweep(changed, [{"i": 3}], store=store)
    assert list(sweep(load(CODE), [{"i": 3}], store=store).value) == [7], "the old rows are still there"
    assert capfd.readouterr().err == ""


def test_sources_count(load, tmp_path):
    task, source = load(CODE), tmp_path / "library.py"
    source.write_text("x = 1  # one\n")
    first = identity(task, [source])
    assert first != identity(task, ())
    source.write_text("x = 1  # another\n")
    assert identity(task, [source]) == first
    source.write_text("x = 2\n")
    assert identity(task, [source]) != first


def test_a_script_and_its_module_are_one_task(load, tmp_path):
    task = load(CODE)
    script = tmp_path / f"{task.__module__}.py"
    ending = "from slthlib.lab._sweep_task import identity\nprint(*identity(task, ()))\n"
    script.write_text(CODE.replace("    FACTOR = 5\n    task(seed=1, i=2)\n", "    " + ending.replace("\n", "\n    ")))
    ran = subprocess.run([sys.executable, script], cwd=ROOT, capture_output=True, text=True, check=True, env=path())
    assert ran.stdout.split() == list(identity(load(CODE), ()))


def path():
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT)}


NOTEBOOK = """
def task(*, seed, i):
    import os
    return {{"pid": os.getpid(), "value": i}}
from slthlib.lab import sweep
import os
print(list(sweep(task, {{"i": [1, 2, 3]}}, store={store!r}).pid == os.getpid()))
"""


@pytest.mark.slow
def test_a_task_typed_into_a_notebook_runs_in_its_process(tmp_path):
    code = NOTEBOOK.format(store=str(tmp_path / "cells.sqlite"))
    runner = "from IPython.core.interactiveshell import InteractiveShell as S; s = S.instance(); "
    ran = subprocess.run(
        [sys.executable, "-c", f"{runner}s.user_module.__dict__.pop('__file__', None); s.run_cell({code!r})"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=path(),
    )
    assert "[True, True, True]" in ran.stdout, ran.stdout + ran.stderr
    assert ran.stderr == ""
