"""The report as one self-contained HTML file: no request to anywhere, everything visible without scripts."""

from collections.abc import Callable
from pathlib import Path

from markupsafe import Markup

from actuarial.runs.store import Run
from reports.pages.assistance import assistance
from reports.pages.budget import budget, years_ahead
from reports.pages.growth import growth
from reports.pages.overview import overview
from reports.pages.people import people
from reports.pages.pooling import pooling, regions
from reports.pages.quality import quality
from reports.pages.section import TEMPLATES, Section
from reports.pages.stress import stress
from reports.pages.warning import warning
from reports.tables import people_note
from reports.view import View

SECTIONS: tuple[Callable[[View], Section], ...] = (
    overview,
    years_ahead,
    budget,
    regions,
    pooling,
    people,
    growth,
    assistance,
    warning,
    stress,
    quality,
)


def style() -> str:
    """The style sheet of every page."""
    return TEMPLATES.get_template("style.css").render()


def html(view: View) -> str:
    """The whole report as text."""
    manifest = view.manifest
    published = manifest["published"]
    state = view.say("report.published", when=view.moment(published)) if published else view.say("report.draft")
    made = view.say("report.created", when=view.moment(manifest["created"]), run=manifest["run"])
    subtitle = view.say(
        "report.subtitle",
        year=view.budget_year,
        scenario=manifest["scenario"][f"name_{view.language}"],
        draws=view.number(manifest["draws"]),
        unit=view.unit_name,
    )
    return TEMPLATES.get_template("page.html").render(
        view=view,
        title=view.say("report.title", city=view.city_name),
        subtitle=subtitle,
        stamp=f"{made} · {state}",
        caution=view.join([view.say("report.estimated_legend"), people_note(view)]),
        style=Markup(style()),
        sections=[make(view) for make in SECTIONS],
    )


def write_html(run: Run, language: str, folder: Path, unit: str = "100m_yuan") -> Path:
    """Write the report of a run and return its path.

    Parameters
    ----------
    language : "zh" or "en"
    unit : "100m_yuan" or "10k_yuan"
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run.manifest['city']['code']}-{run.manifest['budget_year']}-{run.id}.{language}.html"
    path.write_text(html(View(run, language, unit)), encoding="utf-8")
    return path
