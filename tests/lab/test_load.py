"""Generated sets against their oracles; sizes, seeds and arguments."""

import mnist1d.data
import numpy as np
import pytest
import sklearn.datasets
from files import load_or_skip
from mnist1d.data import get_dataset_args, make_dataset

from slthlib.lab import _mnist1d, load
from slthlib.lab.data import Dataset


def oracle(**settings):
    args = get_dataset_args()
    for name, value in settings.items():
        setattr(args, name, value)
    return make_dataset(args)


@pytest.mark.slow
def test_mnist1d_is_the_authors_bit_for_bit():
    theirs, (train, test) = make_dataset(), _mnist1d.generate(4000, 1000, 42)
    for ours, name in ((train.x, "x"), (train.y, "y"), (test.x, "x_test"), (test.y, "y_test")):
        assert ours.dtype == theirs[name].dtype
        np.testing.assert_array_equal(ours, theirs[name])
    data = load()
    np.testing.assert_array_equal(data.train_x, theirs["x"].astype(np.float32))
    np.testing.assert_array_equal(data.test_y, theirs["y_test"])


@pytest.mark.slow
def test_further_samples_are_the_authors_too(monkeypatch):
    """A block is the raw set of their generator for its seed; only the scale, which they fit to each set, is ours."""
    monkeypatch.setattr(mnist1d.data, "set_seed", np.random.seed)  # theirs takes no list
    _, test = _mnist1d.generate(4000, 3000, 42)
    train, _ = _mnist1d.generate(5000, 1000, 42)
    for ours, x, seed in (
        (test.y[1000:2000], test.x[1000:2000], [42, 1, 0]),
        (test.y[2000:], test.x[2000:], [42, 1, 1]),
        (train.y[4000:], train.x[4000:], [42, 0, 0]),
    ):
        theirs = oracle(seed=seed, num_samples=1000, train_split=1.0)
        np.testing.assert_array_equal(ours, theirs["y"])
        np.testing.assert_allclose((x - x.mean()) / x.std(), theirs["x"], rtol=0, atol=1e-12)
        assert abs(x.mean()) < 0.05
        assert abs(x.std() - 1) < 0.05


def test_a_longer_set_begins_with_the_shorter():
    short, long = load(train=10, test=5), load(train=5500, test=2500)
    default = load()
    for one in (short, default):
        n, m = len(one.train_y), len(one.test_y)
        np.testing.assert_array_equal(long.train_x[:n], one.train_x)
        np.testing.assert_array_equal(long.train_y[:n], one.train_y)
        np.testing.assert_array_equal(long.test_x[:m], one.test_x)
        np.testing.assert_array_equal(long.test_y[:m], one.test_y)
    assert (len(default.train_y), len(default.test_y)) == (4000, 1000)
    other, same = load(train=10, test=5, seed=7), _mnist1d.generate(10, 5, 7)[0]
    np.testing.assert_array_equal(other.train_x, same.x.astype(np.float32))
    assert not np.array_equal(other.train_x, short.train_x)
    both = np.concatenate([long.train_x, long.test_x])
    assert len(np.unique(both, axis=0)) == 8000, "no signal comes twice"
    assert np.bincount(long.train_y[4000:5000]).tolist() == [100] * 10


def test_forms_and_kinds():
    data = load(train=100, test=20)
    assert (data.train_x.shape, data.test_x.shape) == ((100, 40), (20, 40))
    assert (data.train_x.dtype, data.train_y.dtype) == (np.float32, np.int64)
    assert data.flat.train_x.shape == (100, 40)
    digits = load("digits")
    assert (digits.train_x.shape, digits.flat.test_x.shape) == ((1437, 8, 8), (360, 64))
    assert (digits.test_x.dtype, digits.test_y.dtype) == (np.float32, np.int64)
    assert repr(digits) == "Dataset digits: 1437 training and 360 test samples of shape (8, 8), 10 classes"
    for one in (data, digits):
        assert isinstance(one, Dataset)
        assert one.original
        assert one.classes == 10
        assert one.source
        assert one.licence


def test_digits_are_scikit_learns_split_in_two():
    data, theirs = load("digits"), sklearn.datasets.load_digits()
    assert (data.train_x.min(), data.train_x.max()) == (0, 1)
    ours = np.concatenate([data.flat.train_x * 16, data.flat.test_x * 16]), np.concatenate([data.train_y, data.test_y])
    ours, theirs = (
        sorted(map(tuple, np.column_stack([x, y]).tolist())) for x, y in (ours, (theirs.data, theirs.target))
    )
    assert ours == theirs
    small = load("digits", train=30, test=1700)
    np.testing.assert_array_equal(small.train_x, data.train_x[:30])
    np.testing.assert_array_equal(small.test_x[:360], data.test_x)
    other = load("digits", seed=1)
    assert not np.array_equal(other.train_y, data.train_y)
    np.testing.assert_array_equal(load("digits", seed=1).train_x, other.train_x)


# Known of these sets: how many images of each class, and the mean of the pixels.
COUNTS = {
    "mnist": ([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949], 0.1306604762738429),
    "fashion-mnist": ([6000] * 10, 0.2860405969887955),
}


@pytest.mark.parametrize("name", COUNTS)
def test_published_files(name):
    data = load_or_skip(name)
    counts, mean = COUNTS[name]
    assert (data.train_x.shape, data.test_x.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert np.bincount(data.train_y).tolist() == counts
    assert data.train_x.mean(dtype=np.float64) == pytest.approx(mean, rel=1e-6)
    assert (data.train_x.min(), data.train_x.max()) == (0, 1)
    few = load(name, train=50, test=7)
    np.testing.assert_array_equal(few.train_x, data.train_x[:50])
    np.testing.assert_array_equal(few.test_y, data.test_y[:7])
    drawn = load(name, train=50, test=7, seed=3)
    assert not np.array_equal(drawn.train_y, few.train_y)
    np.testing.assert_array_equal(load(name, train=20, test=7, seed=3).train_x, drawn.train_x[:20])


BAD = [
    (
        {"name": "cifar"},
        ValueError,
        r"name: expected one of 'mnist1d', 'digits', 'mnist', 'fashion-mnist', got 'cifar'",
    ),
    ({"name": None}, TypeError, "name: expected one of 'mnist1d'"),
    ({"train": 0}, ValueError, "train: expected an integer from 1 to 1000000, got 0"),
    ({"test": 1_000_001}, ValueError, "test: expected an integer from 1 to 1000000, got 1000001"),
    ({"train": 10.0}, TypeError, "train: expected an integer or None, got 10.0"),
    ({"test": True}, TypeError, "test: expected an integer or None, got True"),
    ({"seed": -1}, ValueError, "seed: expected an integer from 0 to 4294967295, got -1"),
    ({"seed": "1"}, TypeError, "seed: expected an integer or None, got '1'"),
    ({"root": "/tmp"}, ValueError, "root: expected None for mnist1d, which is not read from files"),
    (
        {"name": "digits", "train": 1500, "test": 298},
        ValueError,
        "train, test: expected at most 1797 together, got 1500",
    ),
    ({"name": "mnist", "root": 3}, TypeError, "root: expected a path, got 3"),
    (
        {"name": "mnist", "root": "/no/such/folder"},
        FileNotFoundError,
        "root: expected an existing folder, got /no/such",
    ),
    ({"name": "mnist", "download": 1}, TypeError, "download: expected True or False, got 1"),
]


@pytest.mark.parametrize(("arguments", "kind", "message"), BAD)
def test_bad_input_is_named(arguments, kind, message):
    with pytest.raises(kind, match=message):
        load(**arguments)
