"""Displayed figures add up to displayed totals, and each is next to its true value."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actuarial.budget.forms import GRAND_TOTALS, amounts, form, form_amounts, signed
from actuarial.errors import SchemaError
from actuarial.runs.store import Run
from actuarial.schema import FUNDS
from reports.rounding import controlled, rounded_ledger


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-(10**9), 10**9), min_size=12, max_size=12), st.sampled_from([7, 1000, 10**6]))
def test_rows_columns_and_the_whole_round_together(fen: list[int], unit: int) -> None:
    values = np.array(fen, dtype="int64")
    rows = [tuple(range(start, start + 4)) for start in (0, 4, 8)]
    columns = [tuple(range(start, 12, 4)) for start in range(4)]
    groups = [*rows, *columns, tuple(range(12)), *((index,) for index in range(12))]
    whole = controlled(values, groups, unit)
    for group in groups:
        assert abs(int(whole[list(group)].sum()) * unit - int(values[list(group)].sum())) < unit


def test_whole_amounts_stay_as_they_are() -> None:
    assert controlled(np.array([300, -200, 0]), [(0, 1, 2), (0,), (1,), (2,)], 100).tolist() == [3, -2, 0]


def test_groups_that_cannot_round_together_are_refused() -> None:
    """Halves whose pairs must each show one: no whole answer exists for an odd ring."""
    ring = [(0, 1), (1, 2), (0, 2)]
    with pytest.raises(SchemaError, match=r"rounding: 3 totals allow no whole solution"):
        controlled(np.array([50, 50, 50]), ring, 100)


@pytest.mark.parametrize("fund", FUNDS)
@pytest.mark.parametrize("unit", [10**4, 10**6, 10**8])
def test_a_form_adds_up_in_every_unit(run: Run, fund: str, unit: int) -> None:
    lines = form(FUNDS[fund][0])
    exact = amounts(run.dataset)["amount"].sel(fund=fund, drop=True).isel(year=slice(0, 3))
    shown = rounded_ledger(exact, lines, unit)
    assert (shown.sel(line="opening_balance").values[:, 1:] == shown.sel(line="closing_balance").values[:, :-1]).all()
    flows = signed(shown.drop_sel(line="closing_balance")).sum("line")
    assert (flows == shown.sel(line="closing_balance")).all()
    printed = [line.name for line in lines if line.name not in GRAND_TOTALS]
    for part, true in ((shown, exact), (shown.sum("region"), exact.sum("region"))):
        gap = form_amounts(lines, part) * unit - form_amounts(lines, true)
        assert int(abs(gap.sel(row=printed)).max()) < unit
