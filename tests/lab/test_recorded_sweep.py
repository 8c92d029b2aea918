"""A recorded run that is a sweep: it goes on where it was, leaves nothing behind, and knows its own code."""

import pytest
from sweep_tasks import sometimes, traced

from slthlib.lab import records
from slthlib.lab.sweeps import SweepFailed


def record_of(tmp_path, task, size, **about):
    path = tmp_path / "squares.csv"
    with records.recording(path, command="python squares.py", **{"seed": 7, **about}) as record:
        table = record.sweep(task, {"log": [str(tmp_path / "log")], "i": range(size)})
        record.save({name: table[name].tolist() for name in table if name != "log"})
    return records.read(path)


@pytest.mark.slow
def test_a_stopped_sweep_goes_on(tmp_path):
    with pytest.raises(SweepFailed, match="2 of 4 cells"):
        record_of(tmp_path, sometimes, 4)
    assert len(list(tmp_path.iterdir())) == 1  # the store, and no half of a record
    (tmp_path / "log").touch()
    assert record_of(tmp_path, sometimes, 4)["i2"].tolist() == [0, 1, 4, 9]
    assert {path.name for path in tmp_path.iterdir()} == {"squares.csv", "squares.provenance.json", "log"}


@pytest.mark.slow
def test_what_was_finished_is_kept_unless_code_or_seed_are_others(tmp_path, monkeypatch):
    def lines():
        return (tmp_path / "log").read_text().split("\n")[:-1]

    def stopped(*_, **__):
        raise KeyboardInterrupt

    script = tmp_path / "squares.py"
    script.write_text("a = 1\n")
    with monkeypatch.context() as patch:
        patch.setattr(records, "write", stopped)
        for size in (2, 3):
            with pytest.raises(KeyboardInterrupt):
                record_of(tmp_path, traced, size, sources=[script])
    assert sorted(lines()) == ["once 0", "once 1", "once 2"]
    script.write_text("a = 2\n")
    drawn = record_of(tmp_path, traced, 3, sources=[script])["drawn"]
    assert len(lines()) == 6
    assert (record_of(tmp_path, traced, 3, sources=[script], seed=8)["drawn"] != drawn).all()
    assert (record_of(tmp_path, traced, 3, sources=[script])["drawn"] == drawn).all()
