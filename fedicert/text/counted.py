"""How many of something, in an English sentence. Knows no other language, and no words but those it is given."""


def counted(number: int, one: str, many: str = "") -> str:
    """`1 post`, `2 posts`, `1,500 people`. `many`: the plural, where it isn't `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
