"""The report's figures are those of the run's headline."""

from typing import Any

import numpy as np
import pytest

from actuarial.runs.store import Run
from actuarial.runs.summary import headline
from actuarial.schema import SCHEME_FUND
from reports.figures import balance_fan, outlook, pooled_funds, provenance_totals, reserve
from reports.tables import shown_totals
from reports.view import View


def test_bands_are_those_of_the_headline(run: Run) -> None:
    told: dict[str, Any] = headline(run.dataset, 2027)
    for scheme, fund in SCHEME_FUND.items():
        likely = outlook(run.dataset, (fund,), 2027)
        for name in ("revenue", "spending", "closing_balance"):
            ours, theirs = getattr(likely, name), told["schemes"][scheme][name]
            assert (ours.mean / 100, ours.p05 / 100, ours.p95 / 100) == pytest.approx(
                (theirs["mean"], theirs["p05"], theirs["p95"]), rel=1e-12
            )
        assert likely.months_of_cover.p50 == pytest.approx(told["schemes"][scheme]["months_of_cover"]["p50"], rel=1e-12)
        assert reserve(run.dataset, fund)["pooled"] / 100 == told["schemes"][scheme]["reserve"]["recommended"]


def test_page_one_shows_the_headline_rounded(run: Run) -> None:
    told: dict[str, Any] = headline(run.dataset, 2027)
    shown = shown_totals(View(run, "zh", "10k_yuan"), 2027)
    assert shown["all"]["revenue"] == pytest.approx(told["revenue"]["mean"] / 1e4, abs=0.03)
    assert shown["all"]["closing_balance"] == pytest.approx(told["closing_balance"]["mean"] / 1e4, abs=0.03)
    assert shown["all"]["revenue"] == round(sum(shown[fund]["revenue"] for fund in SCHEME_FUND.values()), 2)


def test_city_balance_is_the_sum_of_regions_in_every_draw(run: Run) -> None:
    fan = balance_fan(run.dataset, "resident_pooled")
    city = run.dataset["closing_balance"].sel(fund="resident_pooled", year=2030).sum("region")
    assert float(fan.sel(level=0.5, year=2030)) == np.median(city)


def test_a_fund_without_money_is_not_shown(run: Run) -> None:
    without = run.dataset.copy(deep=True)
    without["revenue"].loc[{"fund": "assistance"}] = 0
    assert pooled_funds(without) == ("employee_pooled", "resident_pooled")


def test_a_country_of_many_draws_does_not_overflow(run: Run) -> None:
    """Ten thousand draws of twelve trillion yuan over ten years pass the range of int64."""
    country = run.dataset[["revenue"]] * 0 + 10**15
    repeated = country.isel(draw=[0] * 10_000)
    assert pooled_funds(repeated) == ("employee_pooled", "resident_pooled", "assistance")


def test_a_table_without_a_kind_of_row_counts_none() -> None:
    counts = provenance_totals({"provenance": {"ledger": {"estimated": 4}, "policy": {"official": 1, "unverified": 2}}})
    assert counts == {"official": 1, "unverified": 2, "estimated": 4}
