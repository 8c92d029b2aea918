"""The range coder against its slow twin in big integers, against the entropy, and against bytes that are no code."""

import math
import re
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import gammaln
from strong_coder_twin import TwinModel, twin_decode, twin_encode

from slthlib.strong import _range_coder
from slthlib.strong._range_coder import BitDecoder, BitEncoder, decode, encode
from slthlib.strong._range_kernels import DUE, ONES, SHARE, TOTAL, WAITING

pairs = st.one_of(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3)), max_size=300),
    st.lists(st.tuples(st.just(0) | st.integers(0, 1), st.just(2)), max_size=300),
    # Runs: the shares go to their ends.
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(1, 700)), max_size=6).map(
        lambda runs: [(bit, context) for bit, context, length in runs for _ in range(length)]
    ),
)


def columns(given_pairs):
    array = np.array(given_pairs, dtype=np.int64).reshape(-1, 2)
    return array[:, 0].astype(np.uint8), array[:, 1].astype(np.uint16)


@given(pairs)
@example([])
@example([(1, 0)])
@example([(0, 3)])
def test_the_twin_writes_and_reads_the_same_bytes(given_pairs):
    bits, contexts = columns(given_pairs)
    data = encode(bits, contexts, 4)
    assert data == twin_encode(bits.tolist(), contexts.tolist())
    assert decode(data, contexts, 4).tolist() == twin_decode(data, contexts.tolist()) == bits.tolist()


@given(pairs, st.lists(st.integers(0, 400), max_size=5), st.lists(st.integers(0, 400), max_size=5))
def test_where_chunks_end_changes_nothing(given_pairs, ends, other_ends):
    bits, contexts = columns(given_pairs)
    encoder = BitEncoder(4)
    data = b"".join(
        encoder.encode(chunk, where)
        for chunk, where in zip(np.split(bits, sorted(ends)), np.split(contexts, sorted(ends)), strict=True)
    )
    data += encoder.finish()
    assert data == encode(bits, contexts, 4)
    decoder = BitDecoder(data, 4)
    back = np.concatenate([decoder.decode(where) for where in np.split(contexts, sorted(other_ends))])
    assert back.tolist() == bits.tolist()
    assert decoder.complete
    assert not decoder.overrun


def test_blocks_of_the_kernel_are_chunks_too(monkeypatch):
    random = np.random.default_rng(5)
    contexts = random.integers(0, 300, 10_000).astype(np.uint16)
    bits = (random.random(10_000) < contexts / 300).astype(np.uint8)
    data = encode(bits, contexts, 300)
    monkeypatch.setattr(_range_coder, "_BLOCK", 997)
    assert encode(bits, contexts, 300) == data
    np.testing.assert_array_equal(decode(data, contexts, 300), bits)


#: Two bits a context: shares of a half and of three quarters by turns, so that intervals stay clear of bytes' edges.
FRESH = (np.arange(700) // 2).astype(np.uint16)


@pytest.mark.parametrize("end", [None, 0, 1])
@pytest.mark.parametrize("first", [b"\x03", b"\x80\x00\x01", b"\xff", b"\x01\x00\x00\x00\x01"])
def test_a_carry_goes_through_any_number_of_waiting_bytes(first, end):
    # The bits whose intervals all hold this point: just below it low has a smaller byte, and goes on with 255s.
    bits = BitDecoder(first, 350).decode(FRESH)
    if end is not None:  # and at last to one side of it
        bits[-1] = end
    encoder = BitEncoder(350)
    data = encoder.encode(bits[:600], FRESH[:600])
    waiting = int(encoder._state[WAITING])
    data += encoder.encode(bits[600:], FRESH[600:]) + encoder.finish()
    assert data == twin_encode(bits.tolist(), FRESH.tolist())
    assert decode(data, FRESH, 350).tolist() == bits.tolist()
    assert waiting > 50


def test_waiting_bytes_meet_a_carry_and_none_in_the_middle_and_at_the_end():
    seen = set()
    for first in range(1, 256, 6):
        bits = BitDecoder(bytes([first]), 350).decode(FRESH)
        aside = bits.copy()
        aside[-1] ^= 1
        more = np.random.default_rng(first).integers(0, 2, 40)
        for start, tail in ((bits, more[:0]), (aside, more[:0]), (bits, more)):
            contexts = np.append(FRESH, np.full(len(tail), 350))
            encoder = BitEncoder(351)
            encoder.encode(start, FRESH)
            waited = int(encoder._state[WAITING])
            settled = encoder.encode(tail, contexts[len(start) :])
            data = encode(np.append(start, tail), contexts, 351)
            assert data == twin_encode([*start.tolist(), *tail.tolist()], contexts.tolist())
            seen.add((waited > 50, len(settled) > 50, data[0] == first))
    # At the end and in the middle, without a carry and with one.
    assert {(True, middle, carried) for middle in (False, True) for carried in (False, True)} <= seen


@pytest.mark.parametrize("ones", [3, 2**29, 2**30 - 600])
def test_counts_near_their_end_give_the_twins_bytes(ones):
    # 2**30 bits are too many for a test: begin shortly before.
    total = 2**30 - 500
    random = np.random.default_rng(2)
    bits = (random.random(3000) < ones / total).astype(np.uint8)
    contexts = np.zeros(3000, np.uint16)
    encoder = BitEncoder(1)
    encoder._model[0] = [ones, total, TwinModel.share(ones, total), total + 1]
    data = encoder.encode(bits, contexts)
    share = int(encoder._model[0, SHARE])
    data += encoder.finish()
    assert data == twin_encode(bits.tolist(), contexts.tolist(), {0: (ones, total)})
    decoder = BitDecoder(data, 1)
    decoder._model[0] = [ones, total, TwinModel.share(ones, total), total + 1]
    assert decoder.decode(contexts).tolist() == bits.tolist()
    assert decoder.complete
    # The share was worked out at the first bit, and next would be beyond 2**30.
    assert encoder._model[0, TOTAL] == total + 3000
    assert encoder._model[0, DUE] == total + 2 + (total + 1) // 256
    assert share == TwinModel.share(ones + int(bits[0]), total + 1)


def test_a_count_that_becomes_full_is_no_longer_due():
    encoder = BitEncoder(1)
    for total, due in ((2**30 - 2, 2**30 - 1), (2**30 - 1, 2**30), (2**31 - 2, 2**31 - 1)):
        encoder._model[0] = [total, total, TwinModel.share(total, total), due]  # all ones: the largest numerator
        encoder.encode([1], [0])
        assert encoder._model[0, SHARE] == 2**32 - 2**8
        assert encoder._model[0, DUE] == (0 if due >= 2**30 else due + 1 + due // 256)
        assert encoder._model[0, ONES] == due


def entropy(ones, total):
    return sum(x * math.log2(total / x) for x in (ones, total - ones) if x)


def krichevsky_trofimov(ones, total):
    """Bits that the estimate costs in exact arithmetic, a closed form."""
    half = gammaln(ones + 0.5) + gammaln(total - ones + 0.5) - gammaln(total + 1) - math.log(math.pi)
    return -half / math.log(2)


@pytest.mark.parametrize("total", [10**4, 10**5, 10**6])
@pytest.mark.parametrize("share", [0.0, 1e-4, 0.01, 0.2, 0.5, 0.9, 0.9999, 1.0])
def test_a_context_costs_its_entropy_and_the_learning(share, total):
    bits = np.random.default_rng(total).random(total) < share
    size = 8 * len(encode(bits, np.zeros(total, np.uint16), 1))
    ones = int(bits.sum())
    # Half the logarithm and one bit more bound the estimate for every sequence; a byte ends the code.
    assert size <= 1.005 * (entropy(ones, total) + math.log2(total) / 2) + 1 + 8
    ideal = krichevsky_trofimov(ones, total)
    assert abs(size - ideal) <= 8 + 1e-4 * ideal


@pytest.mark.parametrize("count", [7, 500])
def test_many_contexts_cost_the_sum_of_their_entropies(count):
    random = np.random.default_rng(count)
    shares = random.random(count) ** 3
    contexts = random.permutation(np.arange(10_000 * count if count < 10 else 300 * count) % count).astype(np.uint16)
    bits = random.random(contexts.size) < shares[contexts]
    size = 8 * len(encode(bits, contexts, count))
    totals, ones = np.bincount(contexts), np.bincount(contexts, bits).astype(int)
    bound = sum(entropy(k, n) + math.log2(n) / 2 for k, n in zip(ones.tolist(), totals.tolist(), strict=True))
    assert size <= 1.005 * bound + count + 8
    ideal = sum(krichevsky_trofimov(k, n) for k, n in zip(ones.tolist(), totals.tolist(), strict=True))
    assert abs(size - ideal) <= 8 + 1e-4 * ideal


@given(st.binary(max_size=60), st.lists(st.integers(0, 2), max_size=300))
@example(b"", [])
@example(b"\0", [])
@example(b"\xff" * 60, [0] * 300)
@example(b"\0" * 60, [0] * 300)
def test_any_bytes_stand_for_some_bits_and_only_a_code_is_complete(data, contexts):
    decoder = BitDecoder(data, 3)
    bits = decoder.decode(np.array(contexts, np.uint16))
    assert bits.tolist() == twin_decode(data, contexts)
    code = encode(bits, contexts, 3)
    assert decoder.complete == (code == data)
    if decoder.overrun:
        assert len(data) < len(code)
    if len(data) < len(code) - 1:  # the byte that ends a code is no part of what was shifted out
        assert decoder.overrun


@given(pairs, st.data())
def test_a_code_cut_short_or_gone_on_with_is_refused_or_is_that_of_other_bits(given_pairs, data):
    bits, contexts = columns(given_pairs)
    code = encode(bits, contexts, 4)
    longer = code + data.draw(st.binary(min_size=1, max_size=3))
    cut = code[: data.draw(st.integers(0, max(len(code) - 1, 0)))]
    for wrong in (longer, *([cut] if code else [])):
        try:
            others = decode(wrong, contexts, 4)
        except ValueError as error:
            assert re.fullmatch(r"data: expected the code of \d+ bits, got \d+ bytes; it .*", str(error))  # noqa: PT017
        else:
            assert others.tolist() != bits.tolist()
            assert encode(others, contexts, 4) == wrong


def test_what_is_cut_short_says_so():
    bits = np.random.default_rng(3).integers(0, 2, 8000)
    data = encode(bits, np.zeros(8000, np.uint16), 1)
    with pytest.raises(ValueError, match=f"data: expected the code of 8000 bits, got {len(data) - 3} bytes; it ends"):
        decode(data[:-3], np.zeros(8000, np.uint16), 1)
    with pytest.raises(ValueError, match="it is not what the encoder writes"):
        decode(data + b"\0", np.zeros(8000, np.uint16), 1)


def test_what_lies_behind_the_data_is_never_read():
    random = np.random.default_rng(4)
    bits, contexts = random.integers(0, 2, 2000), np.arange(2000) // 20
    code = encode(bits, contexts, 100)
    beyond = bytearray(code + b"\xff" * 100)
    assert decode(memoryview(beyond)[: len(code)], contexts, 100).tolist() == bits.tolist()
    for size in range(12):  # and where all that is decoded lies behind the end
        part = BitDecoder(memoryview(beyond)[:size], 100).decode(contexts)
        assert part.tolist() == twin_decode(code[:size], contexts.tolist())


def test_nothing_is_written_behind_the_room_there_is(monkeypatch):
    real, written = _range_coder.encode_block, []

    def fenced(bits, contexts, model, state, room):
        field = np.full(room.size + 1000, 77, np.uint8)
        count = real(bits, contexts, model, state, field)
        assert count <= room.size
        assert set(field[room.size :].tolist()) == {77}
        written.append((count, len(bits)))
        room[:count] = field[:count]
        return count

    monkeypatch.setattr(_range_coder, "encode_block", fenced)
    for first in range(1, 256, 20):  # all that waits is settled by one bit
        encoder = BitEncoder(351)
        encoder.encode(BitDecoder(bytes([first]), 350).decode(FRESH), FRESH)
        for bit in np.random.default_rng(first).integers(0, 2, 40):
            encoder.encode([bit], [350])
    assert max(count for count, size in written if size == 1) > 50
    encoder = BitEncoder(1)  # and each bit is as rare as can be: three bytes
    encoder._model[0, SHARE], encoder._model[0, DUE] = 2**8, 0
    encoder.encode(np.ones(500, np.uint8), np.zeros(500, np.uint16))
    assert written[-1][0] > 1490


def test_garbage_is_read_to_no_end():
    # Zeros follow any data: decoding on and on neither crashes nor leaves the buffer, and says so.
    decoder = BitDecoder(np.random.default_rng(0).bytes(1000), 1)
    bits = decoder.decode(np.zeros(1_000_000, np.uint16))
    assert decoder.overrun
    assert not decoder.complete
    assert set(np.unique(bits).tolist()) <= {0, 1}


def test_kinds_of_arrays_do_not_matter():
    bits, contexts = [1, 0, 0, 1, 1, 0], [0, 1, 2, 0, 1, 2]
    data = encode(bits, contexts, 3)
    spread = np.zeros(12, np.int64)
    spread[::2] = bits
    frozen = np.array(contexts, np.uint16)
    frozen.flags.writeable = False
    assert encode(np.array(bits, bool), frozen, 3) == encode(spread[::2], np.array(contexts), 3) == data
    for form in (data, bytearray(data), memoryview(data)):
        assert decode(form, contexts, np.int64(3)).tolist() == bits


def test_the_callers_arrays_stay_as_they_were():
    bits, contexts = np.ones(5, np.uint8), np.zeros(5, np.uint16)
    encode(bits, contexts, 1)
    assert bits.flags.writeable
    assert contexts.flags.writeable


@pytest.mark.parametrize(
    ("bits", "contexts", "count", "error", "words"),
    [
        ([0, 2], [0, 0], 1, ValueError, "bits: expected 0 and 1, got 0 to 2"),
        ([0, -1], [0, 0], 1, ValueError, "bits: expected 0 and 1, got -1 to 0"),
        ([0.0, 1.0], [0, 0], 1, TypeError, "bits: expected booleans or integers, got dtype float64"),
        ([[0, 1]], [0, 0], 1, ValueError, r"bits: expected shape \[n\], got an array of shape \(1, 2\)"),
        ([0, 1], [0, 1], 1, ValueError, "contexts: expected 0 to 0, got 0 to 1"),
        ([0, 1], [0, -1], 1, ValueError, "contexts: expected 0 to 0, got -1 to 0"),
        ([0, 1], [0, 65_536], 65_536, ValueError, "contexts: expected 0 to 65535, got 0 to 65536"),
        ([0, 1], [0.0, 0.0], 1, TypeError, "contexts: expected integers, got dtype float64"),
        ([0, 1], [[0, 0]], 1, ValueError, r"contexts: expected shape \[n\], got an array of shape \(1, 2\)"),
        ([0, 1], [0], 1, ValueError, "contexts: expected one for each of the 2 bits, got 1"),
        ([0, 1], [0, 0], 0, ValueError, "n_contexts: expected 1 to 65536, got 0"),
        ([0, 1], [0, 0], 65_537, ValueError, "n_contexts: expected 1 to 65536, got 65537"),
        ([0, 1], [0, 0], 1.0, TypeError, "n_contexts: expected a whole number, got 1.0"),
        ([0, 1], [0, 0], True, TypeError, "n_contexts: expected a whole number, got True"),
    ],
)
def test_what_cannot_be_coded_is_refused(bits, contexts, count, error, words):
    with pytest.raises(error, match=words):
        encode(bits, contexts, count)


def test_a_finished_code_takes_no_more():
    encoder = BitEncoder(1)
    encoder.finish()
    with pytest.raises(ValueError, match="finished"):
        encoder.encode([1], [0])
    with pytest.raises(ValueError, match="finished"):
        encoder.finish()


def test_neither_side_holds_all_bits():
    encode([0], [0], 1)  # compiled before the count
    decode(b"", [], 1)
    contexts, chunks = np.zeros(100_000, np.uint16), 40
    random = np.random.default_rng(1)
    tracemalloc.start()
    encoder = BitEncoder(1)
    parts = [encoder.encode(random.random(100_000) < 0.02, contexts) for _ in range(chunks)]
    data = b"".join([*parts, encoder.finish()])
    decoder = BitDecoder(data, 1)
    ones = sum(int(decoder.decode(contexts).sum()) for _ in range(chunks))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert decoder.complete
    assert 75_000 < ones < 85_000
    assert peak < 2.5e6 < 100_000 * chunks  # of which the draws of a chunk take 0.8 MB, the code twice 0.07


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.5, 0.1])
def test_a_bit_takes_fifteen_nanoseconds(share):
    random = np.random.default_rng(0)
    bits = (random.random(2_000_000) < share).astype(np.uint8)
    contexts = random.integers(0, 100, 2_000_000).astype(np.uint16)
    data = encode(bits, contexts, 100)
    there, back = [], []
    for _ in range(5):
        start = time.perf_counter()
        encode(bits, contexts, 100)
        middle = time.perf_counter()
        decode(data, contexts, 100)
        there.append(middle - start)
        back.append(time.perf_counter() - middle)
    assert max(min(there), min(back)) / bits.size <= 15e-9
