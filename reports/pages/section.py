"""A part of the report: its anchor, its heading and its body; templates are filled here and nowhere else."""

from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.view import View

TEMPLATES = Environment(
    loader=PackageLoader("reports"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a page."""

    key: str
    title: str
    body: Markup


def fill(template: str, view: View, **values: object) -> Markup:
    """A template filled for a view."""
    return Markup(TEMPLATES.get_template(template).render(view=view, **values))


def section(key: str, view: View, template: str, **values: object) -> Section:
    """A section whose heading is the wording ``<key>.heading``."""
    return Section(key, view.say(f"{key}.heading"), fill(template, view, **values))
