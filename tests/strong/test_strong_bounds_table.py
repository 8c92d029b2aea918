"""All theorems side by side: every row there, numbers where they can be, a reason where they cannot."""

import re
import sys
from dataclasses import fields

import numpy as np
import pytest
from house import ROOT

from slthlib.strong import bounds
from slthlib.strong.bounds import Attention, Requirement, network

MNIST = network([(500, 784), (10, 500)])
ASKED = {
    "malach": {"C_width": 1.0, "C_parameters": 1.0},
    "pensia": {"C": 1.0},
    "pensia_experiment": {"c": 3},
    "sreenivasan": {"C_depth": 1.0, "C_width": 1.0},
    "diffenderfer": {"C_width": 1.0},
    "natale": {"c_amp": 1.0},
    "otsuka": {"C": 1.0},
    "kumar_products": {"C": 1.0, "C_failure": 1.0},
    "kumar_copies": {"C": 1.0},
}


@pytest.fixture(scope="module")
def rows():
    attention = Attention(inputs=16, outputs=16, heads=2, largest_token=4.0)
    return bounds.table(
        MNIST,
        bits=8,
        failure=0.01,
        eps=0.01,
        density=0.1,
        word=20,
        attention=attention,
        signed_inputs=False,
        constants=ASKED,
    )


def test_every_paper_has_its_row(rows):
    names = [row.theorem for row in rows]
    assert len(set(names)) == len(names) == 25
    for author in (
        "Malach",
        "Orseau",
        "Pensia",
        "Burkholz",
        "da Cunha",
        "Sreenivasan",
        "Diffenderfer",
        "Natale",
        "Ferbach",
    ):
        assert any(author in name for name in names)
    assert sum("Pensia" in name for name in names) == 3
    assert sum("Natale et al." in name for name in names) == 2
    assert sum("Kumar" in name for name in names) == 3


def test_a_row_has_a_number_or_a_reason(rows):
    for row in rows:
        number = row.parameters is not None or row.widths is not None or row.items is not None
        assert number != bool(row.reason), row.theorem
        assert row.side in ("enough", "necessary", "experiment")
        assert row.statement.endswith(".")
        assert row.trust.startswith(("cited", "proved here"))
        if row.parameters is not None and row.source != "otsuka2026strong":
            assert row.overhead == row.parameters / 397_000
        if row.failure is not None and "Kumar" not in row.theorem:
            assert row.failure <= 0.01 * (1 + 1e-12)
    silent = {row.theorem for row in rows if row.reason}
    assert silent == {
        "Orseau, Hutter, Rivasplata 2020",
        "Burkholz 2022",
        "da Cunha, Natale, Viennot 2022",
        "Ferbach et al. 2023",
        "Products, sharp theorem",
    }


def test_what_is_enough_is_never_below_what_is_necessary(rows):
    found = {row.theorem: row for row in rows}
    counting = found["Counting, targets on a grid"].parameters
    exact = [
        row for row in rows if row.exact and row.side == "enough" and row.trust == "proved here" and row.parameters
    ]
    assert len(exact) == 5
    assert all(row.parameters > counting for row in exact)
    assert all(row.items >= found["Counting, targets on a grid"].items for row in exact)
    assert found["Products, coprime pairs"].items > found["Products, parity"].items
    assert found["Single weights (proved)"].items > found["Single weights, all of one sign"].items > 9


def test_each_row_is_what_its_function_says(rows):
    found = {row.theorem: row for row in rows}
    assert found["Pensia et al. 2020, experiment 1"] == bounds.pensia_experiment(MNIST, eps=0.01, c=3)
    assert found["Pensia et al. 2020, Theorem 1"] == bounds.pensia(MNIST, eps=0.01, failure=0.01, C=1.0)
    assert found["Kumar and Natale 2025, Theorem 1"] == bounds.kumar_products(MNIST, bits=8, C=1.0, C_failure=1.0)
    assert found["Natale et al. 2024, Theorem 3"] == bounds.natale(MNIST, eps=0.01, density=0.1, c_amp=1.0)
    assert found["Natale et al. 2024, Theorem 5"] == bounds.natale_lower(MNIST, eps=0.01, density=0.1)
    assert found["Sums modulo 2^B"] == bounds.modular(MNIST, word=20, failure=0.01, signed_inputs=False)
    single = bounds.single_weights(MNIST, bits=8, failure=0.01, signed_inputs=False)
    assert found["Single weights (half-range)"] == single
    assert found["Products, parity"] == bounds.parity(MNIST, bits=8, failure=0.01, signed_inputs=False)


def test_without_constants_there_are_reasons_and_no_hidden_defaults():
    rows = {row.theorem: row for row in bounds.table([(10, 20)], bits=4, failure=0.01, eps=0.1)}
    for name in (
        "Pensia et al. 2020, Theorem 1",
        "Kumar and Natale 2025, Theorem 1",
        "Malach et al. 2020",
        "Sreenivasan et al. 2022",
    ):
        assert rows[name].parameters is None
        assert "C" in rows[name].reason
    assert rows["Pensia et al. 2020, experiment 1"].reason == "c: not given"
    assert rows["Natale et al. 2024, Theorem 3"].reason == "density: not given"
    assert "attention" in rows["Otsuka et al. 2025"].reason
    assert rows["Sums modulo 2^B"].reason == "word: not given"
    bare = {row.theorem: row for row in bounds.table([(10, 20)], bits=4, failure=0.01)}
    assert bare["Pensia et al. 2020, Theorem 2"].reason == "eps: not given"


def test_a_network_outside_the_hypotheses():
    wild = {row.theorem: row for row in bounds.table([2 * np.ones((3, 3))], bits=4, failure=0.01, eps=0.1)}
    assert "spectral" in wild["Pensia et al. 2020, Theorem 1"].reason
    assert "1/2" in wild["Single weights (half-range)"].reason
    assert wild["Counting, targets on a grid"].parameters > 0
    kernel = {row.theorem: row for row in bounds.table([(4, 2, 3, 3)], bits=4, failure=0.01, eps=0.1)}
    assert "convolution" in kernel["Pensia et al. 2020, Theorem 1"].reason
    assert "formula" in kernel["da Cunha, Natale, Viennot 2022"].reason
    assert kernel["Single weights (half-range)"].parameters > 0


def test_fine_grids():
    # At 30 bits even the sharp theorem has a number, and a source of 30 bits is more than what can be counted.
    rows = {row.theorem: row for row in bounds.table([(10, 20)], bits=30, failure=0.01)}
    assert 4000 < rows["Products, sharp theorem"].items < rows["Products, coprime pairs"].items
    fine = {row.theorem: row for row in bounds.table([(10, 20)], bits=30, failure=0.01, source_bits=30)}
    assert "20 bits" in fine["Products, coprime pairs"].reason
    assert fine["Products, parity"].items == 1


def test_the_row_up_to_rounding_is_better():
    rows = {row.theorem: row for row in bounds.table([(10, 20)], bits=4, failure=0.01, floating_point=True)}
    rounded = rows["Single weights (floating-point)"]
    assert rounded.items < rows["Single weights (half-range)"].items
    assert rounded.trust == "proved here up to rounding"


def test_as_a_frame(rows):
    pandas = pytest.importorskip("pandas")
    frame = bounds.frame(rows)
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.index) == [row.theorem for row in rows]
    assert list(frame.columns) == [field.name for field in fields(Requirement)][1:]
    assert frame.loc["Pensia et al. 2020, experiment 1", "parameters"] == 8_337_000


def test_without_pandas_it_is_said(monkeypatch, rows):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="read the rows"):
        bounds.frame(rows)


def test_every_source_is_in_the_bibliography(rows):
    keys = set(re.findall(r"^@\w+\{(\w+),", (ROOT / "references.bib").read_text(encoding="utf-8"), re.MULTILINE))
    cited = {row.source for row in rows if row.source}
    assert cited <= keys
    assert len(cited) == 11
    # Ours have none, and all others do.
    assert all(bool(row.source) == row.trust.startswith("cited") for row in rows)


@pytest.mark.parametrize(
    ("more", "error", "message"),
    [
        ({"constants": {"pensja": {"C": 1.0}}}, ValueError, "names among malach"),
        ({"constants": {"pensia": {"c": 1.0}}}, ValueError, "pensia has C, got 'c'"),
        ({"eps": 1.5}, ValueError, "eps"),
        ({"failure": 0.0}, ValueError, "failure"),
        ({"bits": 0}, ValueError, "bits"),
        ({"signed_inputs": 1}, TypeError, "signed_inputs"),
    ],
)
def test_bad_arguments_of_the_table(more, error, message):
    with pytest.raises(error, match=message):
        bounds.table(MNIST, **({"bits": 8, "failure": 0.01} | more))
