"""Round trips, equal bytes, and edits found out."""

import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slthlib.lab import _provenance, load, records
from slthlib.lab.records import Clock, read, recording, write

ABOUT = {"command": "python experiments/gap.py", "seed": 7}
text = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=12)
quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def columns(rows):
    one = st.one_of(
        st.lists(st.integers(-(2**63), 2**63 - 1), min_size=rows, max_size=rows),
        st.lists(st.floats(allow_nan=False), min_size=rows, max_size=rows),
        st.lists(text, min_size=rows, max_size=rows),
        st.lists(st.booleans(), min_size=rows, max_size=rows),
    )
    return st.dictionaries(text, one, min_size=1, max_size=4)


@pytest.fixture(autouse=True)
def _quick_provenance(monkeypatch):
    # Asking git takes 10 ms, too long for a hundred examples; test_provenance asks it.
    monkeypatch.setattr(_provenance, "_git", lambda root: None)


@pytest.mark.slow
@quick
@given(table=st.integers(1, 5).flatmap(columns))
def test_csv_gives_back_what_was_written(tmp_path, table):
    path = tmp_path / "gap.csv"
    write(path, table, **ABOUT)
    first = path.read_bytes()
    record = read(path)
    assert list(record.columns) == list(table)
    for name, column in table.items():
        assert record[name].tolist() == column
        assert [math.copysign(1, x) for x in record[name].tolist() if isinstance(x, float)] == [
            math.copysign(1, x) for x in column if isinstance(x, float)
        ]
    write(path, record.columns, **ABOUT)
    assert path.read_bytes() == first


@pytest.mark.slow
@quick
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    )
)
def test_json_gives_back_what_was_written(tmp_path, value):
    path = tmp_path / "gap.json"
    write(path, value, **ABOUT)
    assert read(path).object == value
    assert path.read_bytes().endswith(b"\n")


def test_bytes_are_the_documented_ones(tmp_path):
    table = {"n": np.arange(2, dtype=np.int32), "gap": [0.1, 1], "name": ['a,"b"', "σ\nx"], "done": [True, False]}
    write(tmp_path / "gap.csv", table, **ABOUT)
    expected = 'n,gap,name,done\n0,0.1,"a,""b""",true\n1,1.0,"σ\nx",false\n'
    assert (tmp_path / "gap.csv").read_bytes() == expected.encode()
    write(tmp_path / "law.json", {"b": np.float64(0.5), "a": np.arange(2)}, **ABOUT)
    assert (tmp_path / "law.json").read_bytes() == b'{\n "a": [\n  0,\n  1\n ],\n "b": 0.5\n}\n'
    kinds = {name: column.dtype.kind for name, column in read(tmp_path / "gap.csv").columns.items()}
    assert kinds == {"n": "i", "gap": "f", "name": "U", "done": "b"}


def test_columns_cannot_be_changed(tmp_path):
    write(tmp_path / "gap.csv", {"n": [1]}, **ABOUT)
    with pytest.raises(ValueError, match="read-only"):
        read(tmp_path / "gap.csv")["n"][0] = 2


def test_two_runs_make_equal_bytes(tmp_path):
    script = tmp_path / "gap.py"
    script.write_text(
        "import sys; import numpy as np; from slthlib.lab.records import recording\n"
        "with recording(sys.argv[1], command='python gap.py', seed=3, sources=[__file__]) as run:\n"
        "    draws = np.random.default_rng(3).random(5)\n"
        "    run.save({'i': np.arange(5), 'x': draws})\n"
    )
    for run in ("one", "two"):
        (tmp_path / run).mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": str(len(run) + ord(run[0]))}
        subprocess.run([sys.executable, script, tmp_path / run / "gap.csv"], check=True, env=environment, timeout=60)
    assert (tmp_path / "one/gap.csv").read_bytes() == (tmp_path / "two/gap.csv").read_bytes()
    one, two = read(tmp_path / "one/gap.csv").provenance, read(tmp_path / "two/gap.csv").provenance
    assert one["code"] == two["code"]
    assert "gap.py" in one["code"]["files"]


def test_an_edited_payload_is_found_out(tmp_path):
    path = tmp_path / "gap.csv"
    write(path, {"n": [1, 2]}, **ABOUT)
    path.write_bytes(path.read_bytes().replace(b"2", b"3"))
    with pytest.raises(ValueError, match="never edited by hand"):
        read(path)
    write(path, {"n": [1, 2]}, **ABOUT)
    path.rename(tmp_path / "other.csv")
    (tmp_path / "gap.provenance.json").rename(tmp_path / "other.provenance.json")
    with pytest.raises(ValueError, match=r"expected the payload gap\.csv"):
        read(tmp_path / "other.csv")


@pytest.mark.parametrize("content", ["", "[]", "{}", "NaN", '{"payload": 1}', "[" * 100_000, '{"payload": "gap.csv"'])
def test_a_broken_provenance_is_an_error(tmp_path, content):
    path = tmp_path / "gap.csv"
    write(path, {"n": [1]}, **ABOUT)
    (tmp_path / "gap.provenance.json").write_text(content)
    with pytest.raises(ValueError, match="gap"):
        read(path)


@pytest.mark.parametrize(
    ("payload", "kinds"),
    [
        ("n\n1\n", {"n": "object"}),
        ("n\n1\n", {"m": "int64"}),
        ("n\n1\n", {}),
        ("n\n1,2\n", {"n": "int64"}),
        ("n\nx\n", {"n": "int64"}),
        ("n\n" + "9" * 30 + "\n", {"n": "int64"}),
        ("n\n" + "9" * 6000 + "\n", {"n": "int64"}),
        ("n\nTrue\n", {"n": "bool"}),
        ("n\n" + "x" * 200_000 + "\n", {"n": "str"}),
        ("", {}),
        ("\udcff", {"n": "str"}),
    ],
)
def test_a_hostile_pair_is_an_error(tmp_path, payload, kinds):
    raw = payload.encode("utf-8", "surrogateescape")
    (tmp_path / "gap.csv").write_bytes(raw)
    about = {"payload": "gap.csv", "sha256": hashlib.sha256(raw).hexdigest(), "columns": kinds}
    (tmp_path / "gap.provenance.json").write_text(json.dumps(about))
    with pytest.raises(ValueError, match="expected"):
        read(tmp_path / "gap.csv")


def test_missing_files(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "gap.csv")
    (tmp_path / "gap.csv").write_text("n\n1\n")
    with pytest.raises(ValueError, match=r"expected its provenance in gap\.provenance\.json"):
        read(tmp_path / "gap.csv")


def test_large_files_are_refused_before_they_are_read(tmp_path, monkeypatch):
    path = tmp_path / "gap.csv"
    write(path, {"n": [1]}, **ABOUT)
    with path.open("r+b") as file:
        file.truncate(2**35)  # sparse: reading it would take 32 GiB of memory
    with pytest.raises(ValueError, match=r"at most 32 MB .* got 34359738368 bytes"):
        read(path)
    monkeypatch.setattr(records, "_LIMIT", 10)
    with pytest.raises(ValueError, match="at most 32 MB"):
        write(path, {"n": [123456789]}, **ABOUT)


BAD_TABLES = [
    ([1, 2], TypeError, "table: expected a mapping"),
    ({}, ValueError, "table: expected at least one column"),
    ({"n": []}, ValueError, "at least one column and one row"),
    ({"n": [1], "m": [1, 2]}, ValueError, "columns of one length"),
    ({1: [1]}, TypeError, "column names"),
    ({"n": [1, "a"]}, TypeError, "column 'n': expected all .* got int, str"),
    ({"n": [True, 2]}, TypeError, "got bool, int"),
    ({"n": [None]}, TypeError, "got NoneType"),
    ({"n": [1j]}, TypeError, "got complex"),
    ({"n": [0.5, math.nan]}, ValueError, "got NaN in row 1"),
    ({"n": [2**63, -1]}, ValueError, "integers of 64 bits, got 9223372036854775808"),
    ({"n": [2**53 + 1, 0.5]}, ValueError, "up to 2\\^53 among floats"),
    ({"n": np.ones((2, 2))}, ValueError, "one axis"),
    ({"n": "ab"}, ValueError, "one axis"),
    ({"n": 3}, ValueError, "one axis"),
    ({"n": ["a\0"]}, ValueError, "no NUL"),
    ({"n": ["x" * 100_001]}, ValueError, "at most 100000 characters"),
    ({"n": ["\ud800"]}, ValueError, "UTF-8"),
    ({"a\0": ["x"]}, ValueError, "column name"),
]
BAD_OBJECTS = [
    ({"x": math.nan}, ValueError, "finite"),
    ({"x": [math.inf]}, ValueError, "finite"),
    ({1: 2}, TypeError, "keys that are strings, got 1"),
    ([{"a": {None: 1}}], TypeError, "keys that are strings"),
    ({"x": object()}, TypeError, "got object"),
    ({"x": {1, 2}}, TypeError, "got set"),
    (np.array([None]), TypeError, "got ndarray"),
    (["\ud800"], ValueError, "UTF-8"),
]


@pytest.mark.parametrize(
    ("name", "value", "kind", "message"),
    [("gap.csv", *bad) for bad in BAD_TABLES] + [("gap.json", *bad) for bad in BAD_OBJECTS],
)
def test_bad_values_are_named_and_nothing_is_written(tmp_path, name, value, kind, message):
    with pytest.raises(kind, match=message):
        write(tmp_path / name, value, **ABOUT)
    assert list(tmp_path.iterdir()) == []


def test_a_cycle_is_refused(tmp_path):
    cycle = []
    cycle.append(cycle)
    with pytest.raises(ValueError, match="cycles"):
        write(tmp_path / "gap.json", cycle, **ABOUT)


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"path": "gap.txt"}, ValueError, "ending in .csv, .json, .npz"),
        ({"path": "gap.provenance.json"}, ValueError, "ending in .csv, .json, .npz"),
        ({"path": "nowhere/gap.csv"}, ValueError, "path: expected an existing folder"),
        ({"command": "  "}, ValueError, "command: "),
        ({"command": ["a"]}, TypeError, "command: "),
        ({"seed": 1.5}, TypeError, "seed: "),
        ({"seed": True}, TypeError, "seed: "),
        ({"seed": "1"}, TypeError, "seed: "),
        ({"seed": [1, None]}, TypeError, "seed: "),
        ({"sources": ["nowhere.py"]}, ValueError, "sources: expected existing files, got nowhere.py"),
        ({"started": 0.5}, TypeError, "started: "),
    ],
)
def test_bad_arguments_are_named(tmp_path, changes, kind, message):
    arguments = {**ABOUT, **changes}
    path = tmp_path / arguments.pop("path", "gap.csv")
    with pytest.raises(kind, match=message):
        write(path, {"n": [1]}, **arguments)


def test_a_csv_and_a_json_do_not_share_a_provenance(tmp_path):
    write(tmp_path / "gap.csv", {"n": [1]}, **ABOUT)
    with pytest.raises(ValueError, match=r"gap\.json beside gap\.csv"):
        write(tmp_path / "gap.json", {"n": [1]}, **ABOUT)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_provenance(tmp_path, monkeypatch):
    monkeypatch.undo()
    (tmp_path / "requirements.txt").write_text("numpy\n")
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "results").mkdir()
    script = tmp_path / "script.py"
    script.write_text("1\n")
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "one"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True, timeout=60)
    path = tmp_path / "results/gap.csv"
    write(path, {"n": [1]}, command="c", seed=(np.int64(1), 2), sources=[script])
    found = read(path).provenance
    assert found["seed"] == [1, 2]
    assert found["lock"] == {"file": "requirements.txt", "sha256": hashlib.sha256(b"numpy\n").hexdigest()}
    assert len(found["git"]["commit"]) == 40
    assert found["git"]["modified"] is False
    assert found["bytes"] == 4
    assert found["wall_seconds"] is None
    assert found["versions"]["numpy"] == np.__version__
    assert set(found["hardware"]) == {"cpu", "cores", "memory_gib", "system"}
    assert "script.py" in found["code"]["files"]
    assert "slthlib/lab/records.py" in found["code"]["files"]
    script.write_text("2\n")
    write(path, {"n": [1]}, command="c", seed=None, sources=[script])
    changed = read(path).provenance
    assert changed["git"]["modified"] is True
    assert changed["code"]["sha256"] != found["code"]["sha256"]


def test_the_provenance_says_what_a_run_was_made_from(tmp_path):
    few, other, more = (load(train=20, test=test, seed=seed) for test, seed in ((10, 0), (10, 1), (11, 1)))
    assert few.fingerprint == load(train=20, test=10, seed=0).fingerprint
    assert len({one.fingerprint["sha256"] for one in (few, other, more)}) == 3
    data = {"mnist1d": few.fingerprint}
    with recording(tmp_path / "a.csv", command="make a", seed=1, data=data) as record:
        record.save({"x": [1]})
    assert read(tmp_path / "a.csv").provenance["data"] == data
    write(tmp_path / "b.csv", {"x": [1]}, command="make b", seed=1)
    assert "data" not in read(tmp_path / "b.csv").provenance


def test_versions_name_only_what_is_loaded():
    code = "from slthlib.lab import _provenance as p; import numpy; print(sorted(p._versions()))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "['numpy', 'python', 'slthlib']"


def test_recording_measures_wall_and_processor_time_of_children(tmp_path):
    busy = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    with recording(tmp_path / "gap.csv", **ABOUT) as run:
        subprocess.run([sys.executable, "-c", busy], check=True, timeout=60)
        time.sleep(0.2)
        record = run.save({"n": [1]})
    assert record.provenance["cpu_seconds"] >= 0.29
    assert record.provenance["wall_seconds"] >= 0.49
    assert record.provenance["cpu_seconds"] < record.provenance["wall_seconds"] + 1


def test_recording_refuses_early_and_complains_late(tmp_path):
    with pytest.raises(TypeError, match="seed: "), recording(tmp_path / "gap.csv", command="c", seed=0.5):
        pytest.fail("the run must not start")
    with pytest.raises(RuntimeError, match=r"expected a call of save"), recording(tmp_path / "gap.csv", **ABOUT):
        pass
    with pytest.raises(KeyError), recording(tmp_path / "gap.csv", **ABOUT):
        raise KeyError("the run's own error comes through")


def test_clock_moves():
    start = Clock.now()
    assert sum(range(100_000)) > 0
    assert Clock.now().wall > start.wall
    assert Clock.now().cpu >= start.cpu
