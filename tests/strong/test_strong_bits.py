"""What tickets cost, the theorem that they cost at least their targets, and tickets that have none."""

import heapq
import importlib.util
import itertools
import math
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from house import ROOT
from strong_tools import convolutions, dense

from slthlib.lab import load, records
from slthlib.lab.statistics import mean_interval
from slthlib.strong import StrongTicket, embed, quantize
from slthlib.strong.bits import code_length, count_ranks, subset_sum_rate, target_bits, weigh
from slthlib.strong.choosing import choose_units
from slthlib.sums import closest_subset, closest_subsets


def entropy(size, kept):
    return sum(x * math.log2(size / x) for x in (kept, size - kept) if x)


TICKETS = {
    "diamond": lambda rng: embed(dense(rng, (6, 7, 4), bits=4), candidates=40, seed=3, progress=False),
    "copies": lambda rng: embed(
        dense(rng, (4, 5, 3), bits=3), candidates=(50, 30), construction="copies", seed=3, progress=False
    ),
    "convolution": lambda rng: embed(convolutions(rng, bits=3), candidates=50, seed=3, progress=False),
    "unsolved": lambda rng: embed(dense(rng, (5, 4), bits=6), candidates=20, seed=3, progress=False),
}


@pytest.mark.parametrize("name", TICKETS)
def test_ranks_are_counted_as_one_by_one(name):
    ticket = TICKETS[name](np.random.default_rng(1))
    for place in range(len(ticket.words)):
        layout = ticket.recipe.layout(place)
        units, count = layout.alive(layout.draw_banks(ticket.recipe.seed, place))
        mask, size = ticket.mask(place), layout.units
        free, kept, before, kept_before = np.zeros((4, size), int)
        lengths = np.zeros(size + 1, int)
        for branch in range(layout.branches):
            for row, coordinate in itertools.product(
                range(layout.outputs), range(layout.coordinates)[layout.in_use(branch)]
            ):
                bank = layout.bank_of[coordinate]
                chosen = mask[row, coordinate, units[bank, branch, : count[bank, branch]]]
                last = 1 + max(np.flatnonzero(chosen), default=-1)
                lengths[last] += 1
                free[: len(chosen)] += 1
                kept[: len(chosen)] += chosen
                before[: max(0, last - 1)] += 1
                kept_before[: max(0, last - 1)] += chosen[: max(0, last - 1)]
        found = count_ranks(ticket, place)
        assert (found.free == free).all()
        assert (found.kept == kept).all()
        assert (found.lengths == lengths).all()
        assert (found.before == before).all()
        assert (found.kept_before == kept_before).all()
        assert found.kept.sum() == mask.sum()


def test_the_parts_of_a_file(tmp_path):
    ticket = TICKETS["diamond"](np.random.default_rng(1))
    parts = weigh(ticket)
    assert parts.file == 8 * ticket.save(tmp_path / "a.ticket")
    assert parts.frame == parts.file - parts.coded.sum() > 0
    for place in (0, 1):
        one = count_ranks(ticket, place)
        m, kept = int(one.free.sum()), int(one.kept.sum())
        assert (parts.free[place], parts.kept[place]) == (m, kept)
        assert parts.by_choice[place] == pytest.approx(math.log2(math.comb(m, kept)), rel=1e-12)
        assert parts.by_layer[place] == pytest.approx(entropy(m, kept))
        assert parts.by_rank[place] == pytest.approx(sum(map(entropy, one.free.tolist(), one.kept.tolist())))
        total = int(one.lengths.sum())
        ends = sum(x * math.log2(total / x) for x in one.lengths.tolist() if x)
        coins = sum(map(entropy, one.before.tolist(), one.kept_before.tolist()))
        assert parts.by_length[place] == pytest.approx(ends + coins)
        # The file codes ranks, and learns their shares: a ticket this small pays some bits for each.
        assert parts.by_rank[place] < parts.coded[place] < parts.by_rank[place] + 6 * ticket.recipe.units[place]
    assert parts.totals["file"] == parts.file
    assert parts.totals["by_rank"] == pytest.approx(parts.by_rank[0] + parts.by_rank[1])
    loaded = weigh(StrongTicket.load(tmp_path / "a.ticket"))
    assert loaded.file == parts.file
    with pytest.raises(ValueError, match="layer: expected 0 to 1, got 2"):
        count_ranks(ticket, 2)


@pytest.mark.parametrize(("size", "values"), [(3, [5, 5, 6, 5, 7, 7]), (17, [-8, 8, 0, 0]), (1, [4, 4]), (2, [])])
def test_the_adaptive_code_symbol_by_symbol(size, values):
    chance, counts = Fraction(1), {}
    for total, value in enumerate(values):
        chance *= Fraction(2 * counts.get(value, 0) + 1, 2 * total + size)
        counts[value] = counts.get(value, 0) + 1
    assert code_length(np.array(values, int), size) == pytest.approx(-math.log2(chance), abs=1e-9)


def test_the_adaptive_code_of_what_it_cannot_code():
    with pytest.raises(ValueError, match="size: expected more than 3, as values reach from 0 to 3, got 3"):
        code_length([0, 3], 3)
    with pytest.raises(TypeError, match="values: expected whole numbers"):
        code_length([0.5], 3)
    with pytest.raises(ValueError, match="size: expected a whole number"):
        code_length([1], 0)


def test_a_target_by_itself():
    layers = [np.array([[0.25, -0.5, 0.0], [0.25, 0.25, 0.0]]), (np.array([[0.5, 0.0]]), np.array([0.25]))]
    parts = [code_length([1, -2, 0, 1, 1, 0], 5), code_length([2, 0], 5), code_length([1], 5)]
    assert target_bits(layers, bits=2) == pytest.approx(sum(parts))
    assert target_bits(quantize(layers, 2)) == pytest.approx(sum(parts))
    with pytest.raises(TypeError, match="bits"):
        target_bits(layers)
    with pytest.raises(ValueError, match="expected multiples of"):
        target_bits(layers, bits=1)


def huffman(weights):
    """Lengths of the shortest prefix code."""
    heap = [(weight, n, [n]) for n, weight in enumerate(weights)]
    heapq.heapify(heap)
    lengths, ties = [0] * len(weights), itertools.count(len(weights))
    while len(heap) > 1:
        (a, _, first), (b, _, second) = heapq.heappop(heap), heapq.heappop(heap)
        for n in first + second:
            lengths[n] += 1
        heapq.heappush(heap, (a + b, next(ties), first + second))
    return lengths


@pytest.mark.ledger("thm-no-shorter")
def test_the_best_code_of_masks_is_the_best_code_of_targets():
    """For each seed the masks of all targets, their law, and the shortest code that there is for it."""
    rng = np.random.default_rng(4)
    targets = np.arange(-4, 5)
    law = np.exp(-np.abs(targets) / 1.5)
    law /= law.sum()
    H = -(law @ np.log2(law))
    mean = []
    for _ in range(30):
        items = rng.integers(-8, 9, 14)
        found = [closest_subset(items, int(t)) for t in targets]
        if any(one.error for one in found):
            continue
        masks = {one.mask.tobytes() for one in found}
        assert len(masks) == len(targets)  # a mask is right for one target
        lengths = huffman(law)
        assert sum(Fraction(1, 2**length) for length in lengths) == 1
        mean.append(law @ lengths)
    assert len(mean) > 20
    assert all(H <= one < H + 1 for one in mean)


@pytest.mark.ledger("thm-no-shorter")
@pytest.mark.parametrize("n", [3, 5, 7])
def test_few_targets_have_short_files(n):
    """The shortest files for masks that are there at all: (a), for the best coder of each seed."""
    rng = np.random.default_rng(n)
    V = 17
    for L in range(5):
        right = 0
        for _ in range(200):
            items = rng.integers(-16, 17, n)
            subsets = np.array(list(itertools.product((0, 1), repeat=n))) @ items
            contained = np.isin(np.arange(-8, 9), subsets).sum()
            right += min(contained, 2 ** (L + 1) - 1)  # strings of 0 to L bits, one for each target
        assert right / 200 / V <= min(1, 2 ** (L + 1) / V)


@pytest.mark.ledger("thm-no-shorter")
def test_a_ticket_again_from_its_target():
    layers = dense(np.random.default_rng(8), (7, 9, 4), bits=5)
    options = {"bits": 5, "candidates": 80, "source_bits": 3, "seed": 12, "progress": False}
    one, two = embed(layers, **options), embed(layers, threads=1, **options)
    assert all((a == b).all() for a, b in zip(one.words, two.words, strict=True))
    other = embed(layers, **(options | {"seed": 13}))
    assert any((a != b).any() for a, b in zip(one.words, other.words, strict=True))


@pytest.mark.ledger("law-subset-rate")
@pytest.mark.parametrize("n", [8, 12, 17])
def test_the_rate_of_a_subset_sum(n):
    rng = np.random.default_rng(n)
    items, z = rng.uniform(-1, 1, (20_000, n)), rng.uniform(-1, 1, 20_000)
    low, high = np.minimum(items, 0).sum(1), np.maximum(items, 0).sum(1)
    errors = np.abs(closest_subsets(items, np.clip(z, low, high), progress=False).totals - z)
    seen = mean_interval(-np.log2(errors), level=0.9999)
    law = subset_sum_rate(n)
    # The law neglects terms of the order 1/n.
    assert seen.low - 0.4 / n < law < seen.high + 0.4 / n
    assert (subset_sum_rate([n, 2 * n]) == [law, subset_sum_rate(2 * n)]).all()
    with pytest.raises(ValueError, match="n: expected whole numbers"):
        subset_sum_rate(0)
    quantizer = mean_interval(-np.log2(rng.uniform(0, 2.0**-n, 20_000)), level=0.9999)
    assert quantizer.contains(n + np.log2(np.e))


@pytest.mark.ledger("prop-search")
@pytest.mark.parametrize("P", [0.5, 0.1, 0.003])
def test_the_index_of_the_first_good_one(P):
    index = np.arange(1, int(60 / P))
    law = P * (1 - P) ** (index - 1)
    assert law.sum() == pytest.approx(1)
    assert law @ index == pytest.approx(1 / P)
    mean = law @ np.log2(index)
    assert mean <= math.log2(1 / P)
    assert law @ (2 * np.floor(np.log2(index)) + 1) <= 2 * math.log2(1 / P) + 1
    lengths = [2 * int(i).bit_length() - 1 for i in index[:4000]]
    assert lengths == (2 * np.floor(np.log2(index[:4000])) + 1).tolist()
    words = ["0" * (int(i).bit_length() - 1) + format(i, "b") for i in index[:199]]
    assert [len(word) for word in words] == lengths[: len(words)]
    assert not any(b.startswith(a) for a, b in itertools.permutations(words, 2))


@pytest.mark.ledger("prop-search")
def test_short_names_of_good_masks_are_rare():
    """All masks of one random network, which depend on each other: those with a name of at most L bits."""
    rng = np.random.default_rng(6)
    subsets = np.array(list(itertools.product((0, 1), repeat=10)))
    sums = rng.uniform(-1, 1, (4_000, 10)) @ subsets[rng.permutation(1024)[:63]].T  # strings of 0 to 5 bits
    good = np.abs(sums - 0.8) < 0.002
    assert good.any(1).mean() <= 2**6 * good.mean(0).max()


def test_units_are_chosen_by_the_loss():
    """Where all are on the short list, the choice is that of trying every unit."""
    rng = np.random.default_rng(2)
    data = SimpleNamespace(
        train_x=rng.normal(size=(60, 5)), train_y=rng.integers(0, 3, 60), test_x=rng.normal(size=(40, 5)),
        test_y=rng.integers(0, 3, 40), classes=3,
    )  # fmt: skip
    found = choose_units(data, 12, 2, sweeps=0, size=1.5, seed=7)

    def loss(kept):
        outputs = np.maximum(data.train_x @ found.into.T, 0) @ (found.out * kept).T
        right = outputs[np.arange(60), data.train_y]
        return (np.log(np.exp(outputs).sum(1)) - right).mean()

    kept = np.zeros((3, 12), bool)
    for _, label in itertools.product(range(2), range(3)):
        tried = {}
        for unit in np.flatnonzero(~kept[label]):
            kept[label, unit] = True
            tried[unit] = loss(kept)
            kept[label, unit] = False
        kept[label, min(tried, key=tried.get)] = True
    assert (found.kept == kept).all()
    assert found.bits == pytest.approx(3 * math.log2(math.comb(12, 2)))
    assert found.accuracy == (found(data.test_x).argmax(1) == data.test_y).mean()
    assert set(np.unique(found.into)) == {-1.0, 1.0}
    assert np.allclose(np.abs(found.out), 1.5 / math.sqrt(5))
    again = choose_units(data, 12, 2, sweeps=1, size=1.5, seed=7)
    assert (again.kept.sum(1) == 2).all()
    assert loss(again.kept) <= loss(found.kept)  # each is given back and chosen among others


def test_the_short_list_holds_the_best_unit():
    """With more units than are tried, the one that is chosen first lowers the loss most all the same."""
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(80, 6)), rng.integers(0, 3, 80)
    data = SimpleNamespace(train_x=x, train_y=y, test_x=x, test_y=y, classes=3)
    for seed in range(6):
        found = choose_units(data, 400, 1, sweeps=0, size=4.0, seed=seed)
        first = np.zeros((80, 3, 400))
        first[:, 0] = np.maximum(x @ found.into.T, 0) * found.out[0]
        losses = (np.log(np.exp(first).sum(1)) - np.take_along_axis(first, y[:, None, None], 1)[:, 0]).mean(0)
        assert found.kept[0, losses.argmin()]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"units": 0}, "units: expected a whole number of at least 1"),
        ({"each": 1.5}, "each: expected a whole number"),
        ({"each": 9}, "each: expected at most the 8 units, got 9"),
        ({"sweeps": -1}, "sweeps: expected a whole number of at least 0"),
    ],
)
def test_choices_that_cannot_be_made(change, message):
    data = SimpleNamespace(train_x=np.eye(3), train_y=np.arange(3), test_x=np.eye(3), test_y=np.arange(3), classes=3)
    with pytest.raises(ValueError, match=message):
        choose_units(data, **({"units": 8, "each": 2, "seed": 0} | change))


@pytest.mark.slow
@pytest.mark.parametrize(("method", "which"), [("chosen", 2), ("exact", 8), ("trained", 0)])
def test_the_record_comes_out_the_same(method, which):
    path = ROOT / "experiments" / "strong_bits.py"
    spec = importlib.util.spec_from_file_location("strong_bits", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    record = records.read(ROOT / "chapters" / "results" / "strong_bits.csv")
    assert load("digits").fingerprint == record.provenance["data"]["digits"]
    again = script.measure(method, which, script.SEED)
    hidden = 2 ** script.CHOSEN[which][0] if method == "chosen" else which
    keep = again[0]["keep"]
    rows = (record["method"] == method) & (record["hidden"] == hidden) & (record["keep"] == keep)
    assert rows.sum() == len(again)
    for name in ("replica", "value_bits"):
        assert (record[name][rows] == [row[name] for row in again]).all()
    # Another processor rounds otherwise in training: a digit or two, a code a little longer.
    assert np.allclose(record["accuracy"][rows], [row["accuracy"] for row in again], atol=0.03)
    assert np.allclose(record["bits"][rows], [row["bits"] for row in again], rtol=0.03)
