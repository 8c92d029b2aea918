"""A ticket comes back from its file bit for bit, takes what its entropy says, and is never a wrong one."""

import numpy as np
import pytest
from strong_tools import convolutions, dense

from slthlib.strong import StrongTicket, embed, quantize
from slthlib.strong._saving import encode_mask, free_positions, header_of, recipe_of
from slthlib.strong._ticket_file import TicketFileError, pack
from slthlib.strong.bounds import binary_entropy

MADE = {
    "diamond": lambda rng: embed(dense(rng, (9, 12, 5), bits=5), candidates=90, seed=3),
    "copies": lambda rng: embed(dense(rng, (6, 7, 5), bits=4), candidates=(90, 50), construction="copies", seed=3),
    "convolution": lambda rng: embed(convolutions(rng, bits=4), candidates=80, seed=3),
    "signs": lambda rng: embed(dense(rng, (5, 4), bits=3), source="sign", candidates=120, seed=3),
    "real": lambda rng: embed([rng.uniform(-0.5, 0.5, (6, 5))], tolerance=0.02, candidates=70, seed=3),
    "unsolved": lambda rng: embed(dense(rng, (9, 12, 5), bits=6), candidates=20, seed=3),
    "many units": lambda rng: embed(dense(rng, (3, 2), bits=3, bias=False), candidates=700, seed=3),
}


@pytest.mark.parametrize("name", MADE)
def test_there_and_back(name, tmp_path):
    ticket = MADE[name](np.random.default_rng(1))
    size = ticket.save(tmp_path / "a.ticket")
    back = StrongTicket.load(tmp_path / "a.ticket")
    assert size == (tmp_path / "a.ticket").stat().st_size
    assert back.recipe == ticket.recipe
    assert back.unsolved == ticket.unsolved
    assert (len(ticket.unsolved) > 0) is (name == "unsolved")
    assert all((a == b).all() for a, b in zip(ticket.words, back.words, strict=True))
    shape = (4, ticket.recipe.geometry[0].inputs, *((7, 8) if name == "convolution" else ()))
    x = np.random.default_rng(0).normal(size=shape)
    assert (ticket(x, threads=1) == back(x, threads=2)).all()


def test_the_size_is_the_entropy_of_the_mask(tmp_path):
    """Within 2 % and 200 bytes of that of masks with the same share in each layer, and usually far below."""
    rng = np.random.default_rng(2)
    weights = [rng.integers(-8, 9, size=shape) / 16 for shape in ((60, 200), (30, 60))]
    ticket = embed(weights, bits=4, signed_inputs=False, seed=1)
    free = [free_positions(ticket.recipe, place) for place in (0, 1)]
    kept = [int(np.bitwise_count(one).sum()) for one in ticket.words]
    entropy = sum(n * float(binary_entropy(k / n)) for n, k in zip(free, kept, strict=True)) / 8
    size = ticket.save(tmp_path / "a.ticket")
    assert size <= 1.02 * entropy + 200
    # Units of one rank in their banks are alike: so many classes, each with its own share.
    ranks = 0.0
    for place, words in enumerate(ticket.words):
        layout = ticket.recipe.layout(place)
        units, count = layout.alive(layout.draw_banks(1, place))
        mask = ticket.mask(place)
        for rank in range(count.max()):
            banks = np.flatnonzero(count[:, 0] > rank)
            bits = mask[:, banks, units[banks, 0, rank]]
            ranks += bits.size * float(binary_entropy(bits.mean())) / 8
        assert words.shape[2] == layout.words
    assert 0.99 * ranks <= size <= 1.02 * ranks + 200
    assert size < 0.75 * entropy


def test_ten_thousand_corrupted_files(tmp_path):
    """An error that says so, or the very ticket; never another one, never a crash."""
    rng = np.random.default_rng(7)
    ticket = embed(dense(rng, (5, 6, 3), bits=3), candidates=60, seed=1)
    path = tmp_path / "a.ticket"
    ticket.save(path)
    good = path.read_bytes()
    refused = 0
    for _ in range(10_000):
        data = bytearray(good)
        kind = rng.integers(4)
        if kind == 0:
            data[rng.integers(len(data))] ^= 1 << rng.integers(8)
        elif kind == 1:
            del data[rng.integers(len(data)) :]
        elif kind == 2:
            at = rng.integers(len(data))
            data[at : at + rng.integers(1, 9)] = rng.bytes(rng.integers(0, 9))
        else:
            data += rng.bytes(rng.integers(1, 20))
        path.write_bytes(data)
        try:
            back = StrongTicket.load(path)
        except TicketFileError:
            refused += 1
        else:
            assert bytes(data) == good
            assert all((a == b).all() for a, b in zip(ticket.words, back.words, strict=True))
    assert refused > 9_900


def made_by_hand(ticket, change):
    """A file whose checksum fits, with another header."""
    header = header_of(ticket.recipe, [])
    change(header)
    return pack(header, [encode_mask(ticket.recipe, place, words) for place, words in enumerate(ticket.words)])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h: h.update(bits=None), "either bits with a grid for each layer, or a tolerance"),
        (lambda h: h.update(bits=99), "a whole number from 1 to 24"),
        (lambda h: h.update(source="normal"), "normal weights lie on no grid"),
        (lambda h: h["layers"][0].update(units=30_000), "ends too early|not that of a mask"),
        (lambda h: h["layers"][0].update(shape=[2**31, 5]), "does not fit|more than the 0.5 allowed"),
        (lambda h: h["layers"][1].update(shape=[2**31, 6]), "GiB, more than the 0.5 allowed"),
        (lambda h: h["layers"][1].update(shape=[3, 2**31]), "does not fit"),
        (lambda h: h["layers"][0].update(shape=[6, 5, 3]), "does not fit"),
        (lambda h: h["layers"].pop(), "expected 1 masks, one a layer, got 2"),
        (lambda h: h.update(unsolved=[[0, 60, 0, 0]]), "is not in the network"),
        (lambda h: h.update(unsolved=[[7, 0, 0, 0]]), "is not in the network"),
        (lambda h: h.update(seed=5), "ends too early|not that of a mask"),
    ],
)
def test_a_header_that_lies(tmp_path, change, message):
    ticket = embed(dense(np.random.default_rng(7), (5, 6, 3), bits=3), candidates=60, seed=1)
    (tmp_path / "a.ticket").write_bytes(made_by_hand(ticket, change))
    with pytest.raises(TicketFileError, match=message):
        StrongTicket.load(tmp_path / "a.ticket", limit=0.5)


def test_a_mask_has_one_code(tmp_path):
    ticket = embed(dense(np.random.default_rng(7), (5, 6, 3), bits=3), candidates=60, seed=1)
    sections = [encode_mask(ticket.recipe, place, words) for place, words in enumerate(ticket.words)]
    for spoiled in (sections[0] + b"\0", sections[0] + b"\1", sections[0][:-1]):
        (tmp_path / "a.ticket").write_bytes(pack(header_of(ticket.recipe, []), [spoiled, sections[1]]))
        with pytest.raises(TicketFileError, match="layer 0"):
            StrongTicket.load(tmp_path / "a.ticket")


def test_a_recipe_is_its_header():
    ticket = embed(convolutions(np.random.default_rng(0), bits=4), candidates=(80, 40), construction="copies", seed=3)
    assert recipe_of(header_of(ticket.recipe, [])) == ticket.recipe


def test_a_file_that_is_none(tmp_path):
    with pytest.raises(FileNotFoundError):
        StrongTicket.load(tmp_path / "a.ticket")
    (tmp_path / "a.ticket").write_bytes(b"PK" + bytes(100))
    with pytest.raises(TicketFileError, match="no ticket"):
        StrongTicket.load(tmp_path / "a.ticket")


def test_a_quantized_target_keeps_its_scale(tmp_path):
    target = quantize([np.array([[3.0, -1.5]])], 4)
    embed(target, seed=0).save(tmp_path / "a.ticket")
    assert StrongTicket.load(tmp_path / "a.ticket")(np.array([[1.0, 1.0]])) == 1.5
