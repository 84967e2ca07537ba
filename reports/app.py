"""The served application: the sections of any stored run, from the same parts as the static report."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import panel as pn
from bokeh.settings import settings
from panel.viewable import Viewable

from actuarial.budget.forms import CITY
from actuarial.runs.store import list_runs, open_run
from actuarial.schema import SCHEME_FUND, SCHEMES
from actuarial.wording import LANGUAGES, text
from reports.figures import pooled_funds
from reports.pages.assistance import assistance
from reports.pages.budget import budget_of_scheme
from reports.pages.growth import growth
from reports.pages.overview import overview
from reports.pages.pooling import pooling, transfer_chart
from reports.pages.quality import quality
from reports.pages.section import Section, fill
from reports.pages.stress import stress
from reports.pages.warning import warning
from reports.static import style
from reports.tables import region_table
from reports.view import UNITS, View

PAGES = ("overview", "budget", "regions", "pooling", "growth", "assistance", "warning", "stress", "quality")
LOOPBACK = "127.0.0.1"


def _budget(view: View, scheme: str, area: str) -> str:
    lead, tables = budget_of_scheme(view, scheme, area)
    return fill("tables.html", view, lead=lead, tables=tables)


def _regions(view: View, scheme: str, _area: str) -> str:
    charts = [transfer_chart(view, SCHEME_FUND[scheme])] if len(view.regions) > 1 else []
    table = region_table(view, scheme)
    return fill("pooling.html", view, rule=view.say("regions.lead"), table=table, charts=charts, tables=[],
                reliability=[], long_range=[], steps=[])  # fmt: skip


def _whole(make: Callable[[View], Section]) -> Callable[[View, str, str], str]:
    """A section of the report as a page, the same for every scheme and area."""
    return lambda view, _scheme, _area: make(view).body


BODIES: dict[str, Callable[[View, str, str], str]] = {
    "overview": _whole(overview),
    "budget": _budget,
    "regions": _regions,
    "pooling": _whole(pooling),
    "growth": _whole(growth),
    "assistance": _whole(assistance),
    "warning": _whole(warning),
    "stress": _whole(stress),
    "quality": _whole(quality),
}


class Desk:
    """One visitor's choices and the page that follows from them."""

    def __init__(self, store: Path, page: str) -> None:
        self.page = page
        self.open = lru_cache(maxsize=2)(lambda run: open_run(store, run))
        runs = list_runs(store)[::-1]
        state = pn.state.session_args if pn.state.curdoc else {}
        asked = state.get("lang", [b"zh"])[0].decode()
        self.language = asked if asked in LANGUAGES else "zh"
        self.names = {_run_name(run, self.language): run["run"] for run in runs}
        self.run = pn.widgets.Select(name=self.say("app.run"), options=self.names, width=470)
        self.scheme = pn.widgets.Select(name=self.say("app.scheme"), options={}, width=170)
        self.area = pn.widgets.Select(name=self.say("app.area"), options={}, width=190)
        units = {self.say(f"unit.{unit}"): unit for unit in UNITS}
        self.unit = pn.widgets.RadioButtonGroup(name=self.say("app.unit"), options=units, align="end")
        self.run.param.watch(self._choices, "value")
        if runs:
            self._choices()

    def say(self, key: str) -> str:
        """Text in the visitor's language."""
        return text(key, self.language)

    def view(self) -> View:
        """The chosen run in the chosen language and unit."""
        return View(self.open(self.run.value), self.language, self.unit.value)

    def _choices(self, *_events: object) -> None:
        view = self.view()
        held = pooled_funds(view.dataset)
        schemes = [scheme for scheme in SCHEMES if SCHEME_FUND[scheme] in held]
        options = {view.say(f"scheme_short.{scheme}"): scheme for scheme in schemes}
        self.scheme.param.update(options=options, value=schemes[0])
        areas = {view.city_name: CITY}
        if len(view.regions) > 1:
            areas |= {name: code for code, name in view.regions.items()}
        self.area.param.update(options=areas, value=CITY)

    def body(self, _run: str, scheme: str, area: str, _unit: str) -> Viewable:
        """The page as the choices stand."""
        html = BODIES[self.page](self.view(), scheme, area)
        return pn.pane.HTML(str(html), stylesheets=[style()], sizing_mode="stretch_width", margin=(0, 10))

    def navigation(self) -> str:
        """Links to the pages and to the other language."""
        links = [
            f'<a href="{name}?lang={self.language}"{" aria-current=page" if name == self.page else ""}>'
            f"{self.say(f'app.{name}')}</a>"
            for name in PAGES
        ]
        other = next(language for language in LANGUAGES if language != self.language)
        links.append(f'<a href="{self.page}?lang={other}" lang="{other}">{text("app.this_language", other)}</a>')
        return f'<header class="bar"><strong>{self.say("app.title")}</strong><nav>{"".join(links)}</nav></header>'

    def show(self) -> Viewable:
        """Navigation, selectors and the page."""
        bar = pn.pane.HTML(self.navigation(), stylesheets=[style()], sizing_mode="stretch_width", margin=0)
        if not self.names:
            return pn.Column(bar, pn.pane.HTML(self.say("app.empty"), margin=20), sizing_mode="stretch_width")
        choices: list[Viewable] = [self.run]
        if self.page in ("budget", "regions"):
            choices.append(self.scheme)
        if self.page == "budget":
            choices.append(self.area)
        body = pn.bind(self.body, self.run, self.scheme, self.area, self.unit)
        return pn.Column(
            bar,
            pn.FlexBox(*choices, self.unit, gap="12px", align_items="flex-end", margin=(6, 10)),
            pn.panel(body, sizing_mode="stretch_width", loading_indicator=True),
            sizing_mode="stretch_width",
            max_width=1180,
            styles={"margin": "0 auto"},
        )


def _run_name(manifest: dict, language: str) -> str:
    made = manifest["created"][:16].replace("T", " ")
    scenario = manifest["scenario"][f"name_{language}"]
    return f"{manifest['city']['name'][language]} {manifest['budget_year']} · {scenario} · {manifest['run']} · {made}"


def application(store: Path) -> dict[str, Callable[[], Viewable]]:
    """A factory of each page, by name; every visitor gets a page of their own."""
    return {page: (lambda page=page: Desk(store, page).show()) for page in PAGES}


def serve(store: Path, port: int, address: str = LOOPBACK, show: bool = False) -> None:
    """Serve the application until it is stopped; on loopback unless another address is given."""
    # Scripts and styles come from this server, never from elsewhere.
    settings.resources = "server"
    pages = application(store)
    pn.serve(
        {"/": pages["overview"], **pages},
        port=port,
        address=address,
        websocket_origin=[f"localhost:{port}", f"{LOOPBACK}:{port}"],
        show=show,
        title=text("app.title", "zh"),
    )
