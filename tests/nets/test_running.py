"""Long runs: a bar on a terminal, Ctrl-C within two seconds, and threads left as they were."""

import io
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from house import ROOT

from slthlib.nets import Dense, accuracy, train

NETWORK = Dense((6, 9, 3))
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 6)), RNG.integers(3, size=60)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def fit(steps=30, **options):
    return train(NETWORK, NETWORK.init(3, seed=0), (X, Y), steps=steps, batch=10, order_seed=0, **options)


@pytest.mark.parametrize(
    ("stream", "progress", "shown"),
    [
        (io.StringIO, None, False),
        (Terminal, None, False),  # short work
        (Terminal, True, True),
        (io.StringIO, True, True),
        (Terminal, False, False),
    ],
)
def test_a_bar_is_shown_where_one_is_wanted(monkeypatch, stream, progress, shown):
    out = stream()
    monkeypatch.setattr(sys, "stderr", out)
    fit(progress=progress)
    assert ("training" in out.getvalue()) is shown


@pytest.mark.slow
def test_longer_work_shows_a_bar_on_a_terminal(monkeypatch):
    from slthlib.nets import _lane

    out, real = Terminal(), _lane.Lane.run

    def slow(self, *arguments):
        time.sleep(0.3)
        real(self, *arguments)

    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setattr(_lane.Lane, "run", slow)
    fit(64 * 8)
    assert "training" in out.getvalue()


def test_no_standard_error_no_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    fit()


@pytest.mark.parametrize("workers", [1, 3])
def test_torch_s_threads_are_left_as_they_were(monkeypatch, workers):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        fit(threads=workers)
        accuracy(NETWORK, NETWORK.init(3, seed=0), X, Y)
        with pytest.raises(ZeroDivisionError):
            fit(schedule=lambda step: 1 / 0)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_small_numbers_are_left_to_the_caller_as_they_were():
    """Lanes flush numbers below the smallest normal one to zero, in their own threads only."""
    fit()
    assert float(torch.tensor(1e-40) / 2) > 0


def test_what_fails_in_a_lane_is_raised(monkeypatch):
    from slthlib.nets import _lane

    def fails(self, first, last, halt):
        if self.order.keys[0] != (0, 0):
            raise MemoryError("of this lane")
        halt.wait(20)  # the other one is told to stop

    monkeypatch.setattr(_lane.Lane, "run", fails)
    start = time.perf_counter()
    with pytest.raises(MemoryError, match="of this lane"):
        fit(threads=2)
    assert time.perf_counter() - start < 10


SCRIPT = """
import sys
from slthlib.nets import Dense, accuracy, train
import numpy as np
network = Dense((784, 300, 100, 10))
x, y = np.random.default_rng(0).normal(size=(3000, 784)), np.arange(3000) % 10
parameters = network.init(4, seed=0)
print("begun", flush=True)
try:
    if sys.argv[1] == "train":
        train(network, parameters, (x, y), steps=10**6, order_seed=0)
    else:
        while True:
            accuracy(network, parameters, x, y)
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("work", ["train", "evaluate"])
def test_ctrl_c_stops_within_two_seconds(work):
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, work], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "begun\n"
        time.sleep(2)
        assert process.poll() is None
        before = os.times()
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
        took = os.times().elapsed - before.elapsed
    finally:
        process.kill()
    assert (out, errors, process.returncode) == ("stopped\n", "", 0)
    assert took < 2
