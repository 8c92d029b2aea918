"""Which alt texts say nothing."""

import pytest

from sphinx_ext.alt_text import fault

URI = "chapters/sums/phase-diagram.png"


@pytest.mark.parametrize(
    ("alt", "expected"),
    [
        ("", "no alt text"),
        ("   \n ", "no alt text"),
        (URI, "file name"),
        ("phase-diagram.png", "file name"),
        ("another_long_file-name.svg", "file name"),
        ("_images/0123456789abcdef.png", "file name"),
        ("Phase diagram", "repeats its file name"),
        ("A curve", "fewer than 15"),
    ],
)
def test_alt_texts_that_say_nothing(alt: str, expected: str) -> None:
    assert expected in fault(alt, URI)


@pytest.mark.parametrize("alt", ["Probability of a perfect partition falls at kappa = 1", "Two curves that cross."])
def test_alt_texts_in_words(alt: str) -> None:
    assert fault(alt, URI) == ""
