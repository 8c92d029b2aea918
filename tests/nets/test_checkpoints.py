"""Checkpoints: bit for bit there and back, without pickle, and no size is believed."""

import io
import os
import zipfile
from dataclasses import fields

import numpy as np
import pytest
import torch

from slthlib.nets import Dense, Training, load_checkpoint, random_mask, save_checkpoint, train

NETWORK = Dense((6, 9, 3))
RNG = np.random.default_rng(0)


class Data:
    train_x, train_y = RNG.normal(size=(60, 6)), RNG.integers(3, size=60)
    test_x, test_y = train_x, train_y


def run(**options):
    parameters = NETWORK.init(3, seed=0)
    defaults = dict(steps=20, batch=10, order_seed=0, progress=False)
    return train(NETWORK, options.pop("parameters", parameters), Data, **(defaults | options))


def equal(one, two):
    if isinstance(one, dict):
        return list(one) == list(two) and type(one) is type(two) and all(equal(one[key], two[key]) for key in one)
    if isinstance(one, torch.Tensor):
        return one.dtype == two.dtype and torch.equal(one, two)
    if isinstance(one, np.ndarray):
        return one.dtype == two.dtype and np.array_equal(one, two)
    return type(one) is type(two) and one == two


@pytest.mark.parametrize(
    "options",
    [
        {},
        dict(masks=random_mask(NETWORK.init(3, seed=0), 0.5, seed=0), keep_at=[0, 7], evaluate_every=10),
        dict(optimizer="sgd", momentum=0.0),
        dict(parameters=NETWORK.init(3, seed=0, dtype=torch.float64), optimizer="sgd", stop=0),
    ],
    ids=["adam", "masks, kept, evaluated", "no moments", "nothing done, float64"],
)
def test_there_and_back_bit_for_bit(tmp_path, options):
    training = run(**options)
    save_checkpoint(tmp_path / "a.npz", training)
    found = load_checkpoint(tmp_path / "a.npz")
    for one in fields(Training):
        assert equal(getattr(training, one.name), getattr(found, one.name)), one.name
    assert os.listdir(tmp_path) == ["a.npz"]


def test_a_run_goes_on_from_a_checkpoint_as_if_it_had_not_stopped(tmp_path):
    save_checkpoint(tmp_path / "a.npz", run(stop=9))
    half = load_checkpoint(tmp_path / "a.npz")
    whole, rest = run(), run(parameters=half.parameters, start=half.step, state=half)
    assert equal(whole.parameters, rest.parameters)
    assert equal(whole.moments, rest.moments)


def test_an_old_file_stays_if_writing_fails(tmp_path, monkeypatch):
    save_checkpoint(tmp_path / "a.npz", run())
    before = (tmp_path / "a.npz").read_bytes()

    def fails(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fails)
    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(tmp_path / "a.npz", run(stop=5))
    assert (tmp_path / "a.npz").read_bytes() == before


def rewritten(path, change, compression=zipfile.ZIP_STORED):
    """The checkpoint with its members changed: a function of name and payload, None to leave one out."""
    with zipfile.ZipFile(path) as archive:
        members = {name: change(name, archive.read(name)) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, payload in members.items():
            if payload is not None:
                archive.writestr(name, payload)


def array(value, **options):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(value), **options)
    return stream.getvalue()


def header(shape, descr="<f4"):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": descr, "fortran_order": False, "shape": shape})
    return stream.getvalue()


class Bomb:
    def __reduce__(self):
        return (os.system, ("touch /tmp/slthlib-was-here",))


WEIGHT = "parameters/weight0.npy"
PLANTED = {
    "pickle": (
        lambda n, p: array(np.array([Bomb()], object), allow_pickle=True) if n == WEIGHT else p,
        "is not the arr",
    ),
    "huge shape": (lambda n, p: header((2**40, 2**40)) + b"\0" * 64 if n == WEIGHT else p, "is not the array its head"),
    "cut payload": (lambda n, p: p[:-4] if n == WEIGHT else p, "is not the array its header tells of"),
    "text": (lambda n, p: array("abc") if n == "step.npy" else p, "is not the array"),
    "no header": (lambda n, p: b"abc" if n == WEIGHT else p, "reading magic string"),
    "a script": (lambda n, p: p if n != WEIGHT else p + b"\n", "is not the array"),
    "format 9": (lambda n, p: array(9) if n == "format.npy" else p, "format 9, where 1 is known"),
    "no parameters": (lambda n, p: None if n.startswith("parameters") else p, "parameters"),
    "no step": (lambda n, p: None if n == "step.npy" else p, "step"),
    "replicas differ": (lambda n, p: array(np.zeros((2, 9), "f4")) if n == "parameters/bias0.npy" else p, "one number"),
}


@pytest.mark.parametrize(("change", "words"), PLANTED.values(), ids=PLANTED)
def test_a_file_that_was_tampered_with_is_refused(tmp_path, change, words):
    path = tmp_path / "a.npz"
    save_checkpoint(path, run())
    rewritten(path, change)
    with pytest.raises(ValueError, match=rf"a\.npz: expected a checkpoint of slthlib.*{words}"):
        load_checkpoint(path)
    assert not os.path.exists("/tmp/slthlib-was-here")


def test_compressed_parts_are_refused_before_they_are_read(tmp_path):
    path = tmp_path / "a.npz"
    save_checkpoint(path, run())
    # 64 MB of zeros in a few kB
    rewritten(path, lambda n, p: header((2**24,)) + bytes(2**26) if n == WEIGHT else p, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 2**20
    with pytest.raises(ValueError, match="its parts claim more bytes than the file has"):
        load_checkpoint(path)


@pytest.mark.parametrize("length", [0, 10, 1000])
def test_a_truncated_file_is_refused(tmp_path, length):
    path = tmp_path / "a.npz"
    save_checkpoint(path, run())
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match="expected a checkpoint of slthlib"):
        load_checkpoint(path)


def test_what_does_not_fit_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"path: expected a name ending in \.npz, got a\.pkl"):
        save_checkpoint(tmp_path / "a.pkl", run(stop=1))
    with pytest.raises(ValueError, match=r"path: expected a name ending in \.npz"):
        load_checkpoint(tmp_path / "a")
    with pytest.raises(TypeError, match="training: expected a Training, got Parameters"):
        save_checkpoint(tmp_path / "a.npz", NETWORK.init(1, seed=0))
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "a.npz")
