"""The law as a page: every sentence that this server holds itself to, with an anchor that rows of the ledger lead to.

It reads `docs/law.toml`, from which `docs/law.md` is made with the tests that show each sentence; there is no other copy.
"""

import re
import tomllib
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from markupsafe import Markup

from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.sessions import page

LAW = Path(__file__).resolve().parents[3] / "docs" / "law.toml"

_MARKS = ((re.compile(r"\*\*(.+?)\*\*"), r"<strong>\1</strong>"), (re.compile(r"`(.+?)`"), r"<code>\1</code>"),
          (re.compile(r"\*(.+?)\*"), r"<em>\1</em>"))  # fmt: skip


@endpoint("GET", "/about/law", door="page")
async def law(call: Call) -> Answer:
    """Every sentence; what waits says why."""
    return page(call, "law.html", parts=parts())


@lru_cache(maxsize=1)
def parts() -> list[dict[str, Any]]:
    """The parts of the law, in order."""
    return [
        {
            "anchor": anchor_of(part["title"]),
            "title": part["title"],
            "sentences": [
                {"id": one["id"], "text": _marked(one["text"]), "waits": one.get("waits", "")}
                for one in part["sentence"]
            ],
        }
        for part in tomllib.loads(LAW.read_text(encoding="utf-8"))["part"]
    ]


def anchor_of(title: str) -> str:
    """`7. Every decision …` → `law-7`, `Cases` → `cases`."""
    number, dot, _ = title.partition(".")
    return f"law-{number}" if dot and number.isdigit() else title.split(maxsplit=1)[0].lower()


def _marked(text: str) -> Markup:
    found = escape(text)
    for mark, shown in _MARKS:
        found = mark.sub(shown, found)
    return Markup(found)  # noqa: S704 - escaped above, but for our own marks
