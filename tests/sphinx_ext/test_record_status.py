"""A record is stale when the code that made it has changed, and only then."""

import json
from pathlib import Path

import pytest
import yaml
from tiny_book import edit

from slthlib.lab import records
from slthlib.lab._essence import digest
from sphinx_ext.record_status import EXCUSED, FOLDER, payloads, standing

SCRIPT = "from slthlib.lab import records\nfrom slthlib.sums import gap\n\nprint(gap.width(3))  # the answer\n"
SOURCES = {
    "experiments/gap.py": SCRIPT,
    "slthlib/__init__.py": "",
    "slthlib/lab/__init__.py": "",
    "slthlib/lab/records.py": "Y = 1\n",
    "slthlib/sums/__init__.py": "from slthlib.sums import gap, other\n",
    "slthlib/sums/gap.py": '"""Gaps."""\n\n\ndef width(n):\n    """Of one."""\n    return n\n',
    "slthlib/sums/other.py": "X = 1\n",
    "chapters/sums/gaps.md": "```{record} ../results/gap.csv\n```\n",
    "chapters/results/gap.csv": "n\n3\n",
}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    for name, text in SOURCES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    payload = tmp_path / FOLDER / "gap.csv"
    records.write(payload, {"n": [3]}, command="python experiments/gap.py", seed=1)
    neighbour = payload.with_suffix(".provenance.json")
    about = yaml.safe_load(neighbour.read_text("utf-8"))
    about["code"]["files"] = {name: digest(tmp_path / name) for name in SOURCES if name.endswith(".py")}
    neighbour.write_text(json.dumps(about), "utf-8")
    return tmp_path


def changed(book: Path) -> tuple[str, ...]:
    (path,) = payloads(book)
    return standing(path, book).changed


def test_a_fresh_record_says_who_made_it_and_who_uses_it(book: Path) -> None:
    one = standing(payloads(book)[0], book)
    assert (one.script, one.pages, one.changed) == ("experiments/gap.py", ("chapters/sums/gaps",), ())


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("slthlib/sums/gap.py", "return n", "return n + 1", ("slthlib/sums/gap.py",)),
        ("experiments/gap.py", "width(3)", "width(4)", ("experiments/gap.py",)),
        ("slthlib/sums/gap.py", "Of one.", "Of any.", ()),
        ("experiments/gap.py", "# the answer", "# an answer", ()),
        ("slthlib/sums/other.py", "X = 1", "X = 2", ()),
        ("slthlib/lab/records.py", "Y = 1", "Y = 2", ()),
        ("slthlib/sums/__init__.py", "gap, other", "gap", ()),
        ("slthlib/sums/gap.py", '"""Gaps."""', "from slthlib.sums import other", ("slthlib/sums/gap.py", )),
    ],
)  # fmt: skip
def test_what_makes_a_record_stale(book: Path, name: str, old: str, new: str, expected: tuple[str, ...]) -> None:
    edit(book / name, old, new)
    assert changed(book) == expected


def test_a_script_that_is_gone(book: Path) -> None:
    (book / "experiments/gap.py").unlink()
    assert changed(book) == ("experiments/gap.py is gone",)


def test_an_excuse_is_found(book: Path) -> None:
    edit(book / "slthlib/sums/gap.py", "return n", "return 1 * n")
    (book / EXCUSED).write_text("gap.csv: Multiplying by one changes nothing.\n", "utf-8")
    assert standing(payloads(book)[0], book).excuse == "Multiplying by one changes nothing."
