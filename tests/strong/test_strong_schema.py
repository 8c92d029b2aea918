"""Rules for what a header says: what breaks one is named with its place."""

import pytest

from slthlib.strong._ticket_file import TicketFileError
from slthlib.strong._ticket_schema import Choice, ListOf, Maybe, Real, Record, Text, Whole

RULES = Record(
    {
        "bits": Whole(1, 30),
        "construction": Choice(("diamond", "copies")),
        "layers": ListOf(Record({"kind": Choice(("dense",)), "shape": ListOf(Whole(1, 2**31), 2, 4)}), 1, 64),
        "failure": Real(0.0, 1.0),
        "sparsity": Maybe(Real(0.0, 0.5)),
    },
    optional={"library": Text(20)},
)
SAID = {
    "bits": 8,
    "construction": "copies",
    "failure": 0.5,
    "layers": [{"kind": "dense", "shape": [2, 3]}],
    "sparsity": None,
}


def test_what_follows_the_rules_passes():
    RULES.check(SAID)
    RULES.check(SAID | {"sparsity": 0.5, "library": "x" * 20, "bits": 30})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"bits": 0}, "header.bits: expected a whole number from 1 to 30, got 0"),
        ({"bits": 31}, "header.bits: expected a whole number from 1 to 30, got 31"),
        ({"bits": 8.0}, "header.bits: expected a whole number from 1 to 30, got 8.0"),
        ({"bits": True}, "header.bits: .* got True"),
        ({"bits": 10**90}, r"header.bits: .* got 1000[0-9.]{10,60}$"),
        ({"bits": None}, "header.bits: .* got None"),
        ({"failure": 1}, "header.failure: expected a float from 0.0 to 1.0, got 1"),
        ({"failure": 1.5}, "header.failure: expected a float from 0.0 to 1.0, got 1.5"),
        ({"failure": float("nan")}, "header.failure: .* got nan"),
        ({"sparsity": 0.6}, "header.sparsity: expected a float from 0.0 to 0.5, got 0.6"),
        ({"construction": "pyramid"}, "header.construction: expected one of 'diamond', 'copies', got 'pyramid'"),
        ({"construction": "x" * 9999}, r"header.construction: expected one of .{30,90}$"),
        ({"construction": []}, "header.construction: expected one of"),
        ({"library": "x" * 21}, "header.library: expected a string of at most 20 characters"),
        ({"library": 3}, "header.library: expected a string of at most 20 characters, got 3"),
        ({"layers": []}, "header.layers: expected a list of 1 to 64 values, got one of 0"),
        ({"layers": SAID["layers"] * 65}, "header.layers: expected a list of 1 to 64 values, got one of 65"),
        ({"layers": {}}, "header.layers: expected a list of 1 to 64 values, got {}"),
        ({"layers": [*SAID["layers"], 5]}, r"header.layers\[1\]: expected a dictionary, got 5"),
        ({"layers": [{"kind": "dense", "shape": [2, 0]}]}, r"header.layers\[0\].shape\[1\]: expected a whole number"),
        ({"layers": [{"kind": "dense"}]}, r"header.layers\[0\]: expected the key 'shape', which is missing"),
        ({"colour": 1}, "header: expected no keys but bits, .*, library, got 'colour'"),
    ],
)
def test_what_breaks_a_rule_is_named_with_its_place(change, words):
    with pytest.raises(TicketFileError, match=words):
        RULES.check(SAID | change)


def test_a_choice_minds_the_type():
    Choice((1, 2)).check(2)
    for value in (1.0, True, "1"):
        with pytest.raises(TicketFileError, match="header: expected one of 1, 2"):
            Choice((1, 2)).check(value)


def test_the_error_is_a_value_error():
    assert issubclass(TicketFileError, ValueError)
