"""How a reader sees a run: language, unit of money, and every figure as text."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import xarray as xr
from babel.numbers import format_decimal
from markupsafe import Markup

from actuarial.budget.forms import amounts, form, form_amounts
from actuarial.runs.store import Run
from actuarial.schema import FUNDS, SCHEMES
from actuarial.wording import text
from reports.rounding import rounded_flows, rounded_ledger

UNITS = ("100m_yuan", "10k_yuan")
FEN = {"100m_yuan": 10**10, "10k_yuan": 10**6}
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
# A fund below one billion yuan is shown in 亿元 with four decimals, so that its small lines do not vanish.
SMALL_FUND = 10**11
# Above a trillion yuan a year 万元 go without decimals: nobody reads the hundredth of one.
LARGE_CITY = 10**14


@dataclass(frozen=True, eq=False)
class View:
    """A run in one language and one unit of money."""

    run: Run
    language: str
    unit: str

    @property
    def dataset(self) -> xr.Dataset:
        """Arrays of the run."""
        return self.run.dataset

    @property
    def manifest(self) -> dict:
        """What made the run."""
        return self.run.manifest

    @property
    def budget_year(self) -> int:
        """The year the budget is for."""
        return int(self.manifest["budget_year"])

    @property
    def city_name(self) -> str:
        """Name of the city in the reader's language."""
        return self.manifest["city"]["name"][self.language]

    @cached_property
    def regions(self) -> dict[str, str]:
        """Name by region code, in the order of the run."""
        names = {region["code"]: region["name"][self.language] for region in self.manifest["city"]["regions"]}
        return {code: names[code] for code in self.dataset["region"].values.tolist()}

    @cached_property
    def amounts(self) -> xr.Dataset:
        """Ledger of last year and of the forecast in whole fen."""
        return amounts(self.dataset)

    @cached_property
    def kept(self) -> dict[tuple, xr.DataArray]:
        """Rounded amounts that have been found, by what they are."""
        return {}

    def shown(self, fund: str) -> xr.DataArray:
        """The fund's ledger of the form's three years, (region, line, year), in displayed units that add up."""
        if ("shown", fund) not in self.kept:
            amount = self.amounts["amount"].sel(fund=fund, drop=True).isel(year=slice(0, 3))
            self.kept["shown", fund] = rounded_ledger(amount, form(FUNDS[fund][0]), self.step(fund))
        return self.kept["shown", fund]

    def plan(self, fund: str) -> xr.DataArray:
        """The fund in every forecast year: (region, quantity, year), displayed units that add up and carry forward.

        The years of the form are as the form shows them; quantity is revenue, spending, surplus, closing_balance.
        """
        if ("plan", fund) not in self.kept:
            lines = form(FUNDS[fund][0])
            rows = {"revenue_total": "revenue", "spending_total": "spending"}
            names = xr.DataArray(list(rows.values()), dims="row")
            exact = form_amounts(lines, self.amounts["amount"].sel(fund=fund, drop=True)).sel(row=list(rows))
            form_years = self.shown(fund).isel(year=slice(1, None))
            early = form_amounts(lines, form_years).sel(row=list(rows))
            flows = [part.assign_coords(row=names).rename(row="quantity") for part in (early, exact)]
            late = flows[1].sel(year=flows[1]["year"] > form_years["year"][-1])
            held = form_years.sel(line="closing_balance", drop=True)
            if late.sizes["year"]:
                whole = rounded_flows(held.isel(year=-1, drop=True), late, self.step(fund))
                flows[0] = xr.concat([flows[0], whole], "year")
            surplus = flows[0].sel(quantity="revenue", drop=True) - flows[0].sel(quantity="spending", drop=True)
            start = form_years.sel(line="opening_balance", drop=True).isel(year=0, drop=True)
            more = {"surplus": surplus, "closing_balance": start + surplus.cumsum("year")}
            extra = [part.expand_dims(quantity=[name]) for name, part in more.items()]
            plan = xr.concat([flows[0], *extra], "quantity").transpose("region", "quantity", "year")
            self.kept["plan", fund] = plan.astype("int64")
        return self.kept["plan", fund]

    def chance(self, share: float) -> str:
        """A probability with its Monte Carlo standard error, where that is half a percentage point or more."""
        error = (share * (1 - share) / int(self.manifest["draws"])) ** 0.5
        shown = self.probability(share)
        return shown if error < 0.005 else self.say("report.chance", probability=shown, error=self.percent(error))

    def decimals(self, fund: str) -> int:
        """Decimals shown for the amounts of a fund; the funds of one scheme share them."""
        return self._decimals[FUNDS[fund][0]]

    @cached_property
    def _decimals(self) -> dict[str, int]:
        spending = self.dataset["spending"].isel(year=0).mean("draw").sum("region")
        funds = {scheme: [name for name in FUNDS if FUNDS[name][0] == scheme] for scheme in SCHEMES}
        if self.unit == "10k_yuan":
            return {scheme: 0 if float(spending.sum()) > LARGE_CITY else 2 for scheme in SCHEMES}
        return {
            scheme: 4 if float(spending.sel(fund=names).sum()) < SMALL_FUND else 2 for scheme, names in funds.items()
        }

    def step(self, fund: str) -> int:
        """Fen in one displayed unit of a fund."""
        return FEN[self.unit] // 10 ** self.decimals(fund)

    def say(self, key: str, **values: object) -> str:
        """Text of a key in the reader's language."""
        return text(key, self.language, **values)

    def join(self, sentences: list[str]) -> str:
        """Sentences as one paragraph: Chinese sets no space after a full stop."""
        return ("" if self.language == "zh" else " ").join(sentences)

    @property
    def unit_name(self) -> str:
        """万元 or 亿元."""
        return self.say(f"unit.{self.unit}")

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with the reader's separators."""
        shape = "#,##0" + ("." + "0" * decimals if decimals else "")
        shown = format_decimal(round(value, decimals), format=shape, locale=LOCALES[self.language])
        return shown.removeprefix("-") if not any(digit in shown for digit in "123456789") else shown

    def money(self, fen: float, decimals: int = 2) -> str:
        """Fen in the reader's unit, rounded on its own; for tables that must add up use `units`."""
        return self.number(fen / FEN[self.unit], decimals)

    def units(self, count: int, fund: str) -> str:
        """Displayed units of a fund as text."""
        decimals = self.decimals(fund)
        return self.number(int(count) / 10**decimals, decimals)

    def percent(self, share: float, decimals: int = 1) -> str:
        """A share as a percentage."""
        return self.number(share * 100, decimals) + "%"

    def probability(self, share: float) -> str:
        """A probability as a whole percentage; never shown as certain unless every draw agrees."""
        if 0 < share < 0.005:
            return "<1%"
        if 0.995 < share < 1:
            return ">99%"
        return self.percent(share, 0)

    @staticmethod
    def mark(style: str, word: str) -> str:
        """A word in the colour of a verdict: low, normal or high."""
        return Markup('<span class="{}">{}</span>').format(style, word)

    def moment(self, stamp: str) -> str:
        """A time stamp of the manifest as a date and time (UTC)."""
        return datetime.fromisoformat(stamp).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
