"""HTML from the templates in `web/pages/templates`. Everything put in is escaped; what is HTML already says so.

Jinja is loaded with the first page, not with the program.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fedicert.text.counted import counted

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).resolve().parents[1] / "pages" / "templates"


class Pages:
    """Renders pages; `shared` stands in each of them (the server's name, its address)."""

    def __init__(self, **shared: Any) -> None:
        self._shared = shared

    def render(self, template: str, **values: Any) -> bytes:
        """One page as UTF-8. A value that a template names and nobody gave is a bug, not an empty place."""
        text = _environment().get_template(template).render(self._shared | values)
        return text.encode("utf-8", "replace")


@cache
def _environment() -> Environment:
    """The templates, each compiled once a process."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["counted"] = counted
    return environment
