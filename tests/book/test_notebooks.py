"""The comparison of stored outputs with the book's execution is seen to fail on planted faults.

The chapters themselves are collected by conftest.py; this file tests the instrument.
"""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from nbformat import v4

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M 0 1"/></svg>'

CONFTEST = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
from replay import Notebook

def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".ipynb":
        return Notebook.from_parent(parent, path=file_path, executed=Path(file_path).with_suffix(".executed"))
"""


def chapter():
    """Cells of every kind that nbval knows."""

    def cell(number, source, *outputs, tags=()):
        return v4.new_code_cell(
            source, execution_count=number, outputs=list(outputs), metadata={"tags": list(tags)} if tags else {}
        )

    return v4.new_notebook(
        cells=[
            v4.new_markdown_cell("# A chapter"),
            cell(
                1,
                "print('a'); print('b'); 1 + 1",
                v4.new_output("stream", name="stdout", text="a\n"),
                v4.new_output("stream", name="stdout", text="b\n"),
                v4.new_output("execute_result", data={"text/plain": "2"}, execution_count=1),
            ),
            cell(
                2,
                "figure",
                v4.new_output("display_data", data={"image/svg+xml": SVG, "image/png": "aGk=", "text/plain": "<f>"}),
            ),
            cell(3, "x = 1"),
            cell(4, "x = 1"),
            cell(5, "time()", v4.new_output("stream", name="stdout", text="0.1 s\n"), tags=["nbval-ignore-output"]),
            cell(
                6,
                "1 / 0",
                v4.new_output("error", ename="ZeroDivisionError", evalue="by zero", traceback=["somewhere"]),
                tags=["raises-exception"],
            ),
            cell(7, "object()", v4.new_output("stream", name="stdout", text="<object at 0x7f00>\n")),
        ]
    )


def agreeing(committed, executed):
    # What may differ: a stream's cuts, an ignored output, an address, a PNG.
    executed.cells[1].outputs[0].text = "a\nb\n"
    del executed.cells[1].outputs[1]
    executed.cells[2].outputs[0].data["image/png"] = "aG8="
    executed.cells[5].outputs[0].text = "0.2 s\n"
    executed.cells[7].outputs[0].text = "<object at 0x7fff>\n"


def stream(committed, executed):
    committed.cells[1].outputs[0].text = "A\n"


def result(committed, executed):
    committed.cells[1].outputs[2].data["text/plain"] = "3"


def svg(committed, executed):
    executed.cells[2].outputs[0].data["image/svg+xml"] = SVG.replace("0 1", "0 2")


def lost_output(committed, executed):
    executed.cells[2].outputs = []


def extra_output(committed, executed):
    executed.cells[4].outputs = [v4.new_output("stream", name="stdout", text="new\n")]


def stderr(committed, executed):
    executed.cells[3].outputs = [v4.new_output("stream", name="stderr", text="Warning\n")]


def error(committed, executed):
    executed.cells[4].outputs = [v4.new_output("error", ename="ValueError", evalue="no", traceback=["t"])]


def other_error(committed, executed):
    executed.cells[6].outputs[0].ename = "KeyError"


def not_run(committed, executed):
    committed.cells[3].execution_count = None


def not_reached(committed, executed):
    executed.cells[4].execution_count = None


def other_source(committed, executed):
    committed.cells[3].source = "x = 2"


def fewer_cells(committed, executed):
    del executed.cells[4]


def never_built(committed, executed):
    """Leave no executed copy."""


FAULTS = [
    (stream, "mismatch 'stdout'"),
    (result, "mismatch 'text/plain'"),
    (svg, "mismatch 'image/svg+xml'"),
    (lost_output, "Missing output fields from running code"),
    (extra_output, "Unexpected output fields from running code: {'stdout'}"),
    (stderr, "Unexpected output fields from running code: {'stderr'}"),
    (error, "Cell execution caused an exception"),
    (other_error, "mismatch 'ename'"),
    (not_run, "Stored without execution_count"),
    (not_reached, "was never reached in the executed copy: run `make book`"),
    (other_source, "code cell 2: the source differs from the executed copy: run `make book`"),
    (fewer_cells, "has 7 code cells and its executed copy 6: run `make book`"),
    (never_built, "has no executed copy"),
]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Results of one pytest run over a notebook a fault: fault name -> (number of passed items, failure messages)."""
    folder = tmp_path_factory.mktemp("faults")
    (folder / "conftest.py").write_text(CONFTEST.format(here=str(Path(__file__).parent)))
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\nmarkers = book\n")
    for plant in (agreeing, *(plant for plant, _ in FAULTS)):
        committed, executed = chapter(), chapter()
        plant(committed, executed)
        nbformat.write(committed, folder / f"{plant.__name__}.ipynb")
        if plant is not never_built:
            nbformat.write(executed, folder / f"{plant.__name__}.executed")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no", "--junitxml=report.xml", "."],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    found = {}
    for case in ElementTree.parse(folder / "report.xml").iter("testcase"):
        passed, failures = found.setdefault(case.get("classname").partition(".")[0], ([], []))
        faults = [child.text or "" for child in case if child.tag in ("failure", "error")]
        failures.extend(faults)
        passed.extend([case.get("name")] * (not faults))
    return {name: (len(passed), failures) for name, (passed, failures) in found.items()}


@pytest.mark.slow
def test_an_equal_execution_passes(outcomes):
    assert outcomes["agreeing"] == (7, [])


@pytest.mark.slow
@pytest.mark.parametrize(("plant", "message"), FAULTS, ids=[plant.__name__ for plant, _ in FAULTS])
def test_a_planted_fault_fails(outcomes, plant, message):
    passed, failures = outcomes[plant.__name__]
    assert len(failures) == 1
    assert message in failures[0]
    # The other cells of the notebook are still compared, unless there is nothing to compare with.
    assert passed == (0 if "make book" in failures[0] else 6)
