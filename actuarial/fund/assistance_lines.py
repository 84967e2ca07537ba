"""The lines of the medical assistance fund."""

import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.benefit.protection import AID
from actuarial.errors import AssumptionError
from actuarial.fund.base_lines import base_lines, in_proportion
from actuarial.payers import Payers, payment_index
from actuarial.people import People
from actuarial.schema import SPENDING_LINES, STATUSES


def assistance_flows(
    basis: Basis,
    people: People,
    payers: Payers | None,
    resident: dict[str, xr.DataArray],
    money: dict[str, xr.DataArray],
    central: xr.DataArray,
    deviation: xr.DataArray,
) -> dict[str, xr.DataArray]:
    """Flow lines of ``assistance``: (draw, region, year), yuan.

    Money is as its sources give it. Subsidised enrolment is the very amount that the resident fund receives for
    assisted members. Aid follows what its layers pay for the persons of every
    category and the trend of what the accounts show beyond that; without benefit rules, or where the bands of cost do
    not set the assisted apart, resident members and its trend.

    Parameters
    ----------
    resident : lines of the resident fund, for the enrolment that is paid for
    money : revenue lines but interest, of :func:`actuarial.fund.assistance_money.money_by_source`

    Raises
    ------
    AssumptionError
        If the fund pays for enrolment and the resident fund's ledger does not show it received.
    """
    factor = basis.factors.sel(scheme="assistance", drop=True)
    path = xr.ufuncs.exp(central + deviation)
    cause = _heads_index(basis, people) if payers is None else _aid_index(basis, people, payers)
    aid = path.sel(series="assistance_cost", drop=True) * cause * factor.sel(quantity="spending", drop=True)
    spending = tuple(line for line in SPENDING_LINES["assistance"] if line != "subsidised_enrolment")
    lines = money | in_proportion(base_lines(basis, "assistance", spending), aid)
    if base_lines(basis, "assistance", ("subsidised_enrolment",)):
        if "assisted_contribution" not in resident:
            raise AssumptionError("ledger: subsidised_enrolment is paid and the resident fund shows none received")
        lines["subsidised_enrolment"] = resident["assisted_contribution"]
    if base_lines(basis, "assistance", ("interest",)):
        lines["interest"] = xr.zeros_like(aid)
    return lines


def _aid_index(basis: Basis, people: People, payers: Payers) -> xr.DataArray:
    has_assisted = basis.layers is not None and basis.layers.has_assisted
    return payment_index(payers, AID, "resident") if has_assisted else _heads_index(basis, people)


def _heads_index(basis: Basis, people: People) -> xr.DataArray:
    heads = people.members.sel(status=list(STATUSES["resident"])).sum("status")
    return heads.sel(year=basis.years) / heads.sel(year=basis.last_year, drop=True)
