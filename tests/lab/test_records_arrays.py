"""Arrays in records, and long runs that go on where they were stopped."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from slthlib.lab import _provenance, records

ABOUT = {"command": "python experiments/gap.py", "seed": 7}
KINDS = st.sampled_from(["<i8", "<f8", ">f4", "|b1", "<u2"])
quick = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture(autouse=True)
def _quick_provenance(monkeypatch):
    monkeypatch.setattr(_provenance, "_git", lambda root: None)


@pytest.mark.slow
@quick
@given(array=KINDS.flatmap(lambda kind: hnp.arrays(kind, hnp.array_shapes(min_dims=0, min_side=0, max_side=4))))
def test_arrays_come_back(tmp_path, array):
    if array.dtype.kind == "f" and np.isnan(array).any():
        array = np.nan_to_num(array)
    path = tmp_path / "gap.npz"
    records.write(path, {"a": array, "b": array.copy(order="F")}, **ABOUT)
    first = path.read_bytes()
    record = records.read(path)
    assert list(record.columns) == ["a", "b"]
    for name in "ab":
        assert record[name].shape == array.shape
        np.testing.assert_array_equal(record[name], array)
        assert not record[name].flags.writeable
    assert np.load(io.BytesIO(first), allow_pickle=False)["a"].shape == array.shape
    records.write(path, record.columns, **ABOUT)
    assert path.read_bytes() == first


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        ({}, TypeError, "mapping from names to arrays"),
        ([1], TypeError, "mapping from names to arrays"),
        ({"a b": [1]}, ValueError, "letters, digits and underscores"),
        ({"a": [None]}, TypeError, "numbers or booleans"),
        ({"a": ["x"]}, TypeError, "numbers or booleans"),
        ({"a": [np.nan]}, ValueError, "NaN"),
    ],
)
def test_what_is_no_array_is_refused(tmp_path, value, kind, message):
    with pytest.raises(kind, match=message):
        records.write(tmp_path / "gap.npz", value, **ABOUT)


def hostile(member, content, compress=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compress) as archive:
        archive.writestr(member, content)
    return buffer.getvalue()


def array_bytes(array, cut=0, **options):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, **options)
    return stream.getvalue()[: -cut or None]


@pytest.mark.parametrize(
    "payload",
    [
        b"no archive at all",
        hostile("a.npy", b"x" * 5000, zipfile.ZIP_DEFLATED),
        hostile("a.txt", b"text"),
        hostile("a.npy", b"not an array"),
        hostile("a.npy", array_bytes(np.arange(9), cut=8)),
        hostile("a.npy", array_bytes(np.array([{}]), allow_pickle=True)),
        hostile("a.npy", array_bytes(np.arange(2)).replace(b"(2,)", b"(9,)")),
    ],
)
def test_hostile_archives_are_refused(tmp_path, payload, monkeypatch):
    path = tmp_path / "gap.npz"
    monkeypatch.setattr("slthlib.lab._arrays.to_npz", lambda value: payload)
    records.write(path, {"a": [1]}, **ABOUT)
    with pytest.raises(ValueError, match="expected a payload that write"):
        records.read(path)


def test_a_stopped_run_goes_on(tmp_path, capsys):
    path, asked = tmp_path / "gap.csv", []

    def compute(n):
        asked.append(n)
        if asked == [1, 2]:
            raise KeyboardInterrupt
        return n * n

    def run(seed=7):
        with records.recording(path, command="python experiments/gap.py", seed=seed) as record:
            rows = [record.part(f"n = {n}", lambda n=n: compute(n)) for n in (1, 2, 3)]
            record.save({"square": rows})

    with pytest.raises(KeyboardInterrupt):
        run()
    run()
    assert asked == [1, 2, 2, 3]
    assert records.read(path)["square"].tolist() == [1, 4, 9]
    assert "going on after 1 finished parts" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.unfinished"))
    run()  # nothing is left over from a run that is complete
    assert asked == [1, 2, 2, 3, 1, 2, 3]
    assert "the last run took 0 s" in capsys.readouterr().err


def test_parts_of_another_run_are_not_used(tmp_path):
    path = tmp_path / "gap.csv"
    for seed in (7, 8):
        with pytest.raises(RuntimeError), records.recording(path, command="x", seed=seed) as record:
            assert record.part("a", lambda seed=seed: seed) == seed
    with path.with_name("gap.csv.unfinished").open("a") as stream:
        stream.write('["b", 1')  # stopped in the middle of a line
    with records.recording(path, command="x", seed=8) as record:
        assert [record.part("a", lambda: 0), record.part("b", lambda: 5)] == [8, 5]
        record.save({"a": [1]})
