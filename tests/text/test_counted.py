import pytest

from fedicert.text.counted import counted


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (0, ("post",), "0 posts"),
        (1, ("post",), "1 post"),
        (2, ("post",), "2 posts"),
        (1, ("person", "people"), "1 person"),
        (1_500, ("person", "people"), "1,500 people"),
    ],
)
def test_one_is_singular(number, words, said):
    assert counted(number, *words) == said
