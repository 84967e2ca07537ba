"""What policy says of deposits, of the timing of money, of commitments and of the levels: whole and said once."""

from collections.abc import Mapping

import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, refuse
from actuarial.rules.amounts import plain, runs
from actuarial.rules.records import records
from actuarial.schema import DEPOSIT_TERMS, LEVEL_INFLOWS, LEVEL_OUTFLOWS, QUARTERS, SCHEMES

_LEVELS = (*LEVEL_INFLOWS, *LEVEL_OUTFLOWS)
_DETAILS = {
    "deposit_share": DEPOSIT_TERMS,
    "deposit_rate": DEPOSIT_TERMS,
    "spending_quarter_share": QUARTERS,
    **dict.fromkeys(("interest_rate", "early_contribution_share", "settlement_lag", "advance_payment", *_LEVELS), ()),
}
_EMPTY = {"zh": "（空）", "en": "(empty)"}
# To half of the last digit of shares written with six.
_DIGITS = 6


def treasury_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Details out of place, both ways of interest at once, shares that miss one, money of levels without an owner."""
    policy = frames.get("policy")
    if policy is None:
        return []
    rows = policy[policy["parameter"].isin(_DETAILS)].fillna({"detail": ""})
    file = files["policy"]
    faults = [
        refuse("detail_unknown", file, row.row, "detail", row.detail, parameter=row.parameter, known=_known(row))
        for row in records(rows)
        if row.detail not in (_DETAILS[row.parameter] or ("",))
    ]
    faults += _owner_faults(city, rows, file)
    shares = rows[rows["parameter"] == "deposit_share"]
    both = rows[rows["parameter"] == "interest_rate"]
    if len(shares) and len(both):
        faults.append(refuse("interest_twice", file, shares["row"].min(), "parameter", other=int(both["row"].min())))
    if faults or rows["is_bad"].any():
        return faults
    # The first place of each: one wrong row of the city is wrong in every region and scheme.
    return (
        _share_faults(city, rows, "deposit_share", file)[:1]
        + _share_faults(city, rows, "spending_quarter_share", file)[:1]
        + _rate_faults(city, rows, file)[:1]
    )


def _known(row) -> object:
    return ", ".join(_DETAILS[row.parameter]) or _EMPTY


def _owner_faults(city: City, rows: pd.DataFrame, file: str) -> list[Fault]:
    """Amounts between levels belong to one fund of one region; only residents pay for the year to come."""
    levels = rows[rows["parameter"].isin(_LEVELS)]
    is_shared = ~levels["region"].isin(city.region_codes) | ~levels["scheme"].isin(SCHEMES)
    early = rows[(rows["parameter"] == "early_contribution_share") & (rows["scheme"] != "resident")]
    return [
        refuse("level_owner", file, row.row, "region", row.region, parameter=row.parameter, scheme=row.scheme)
        for row in records(levels[is_shared])
    ] + [refuse("early_of_residents", file, row.row, "scheme", row.scheme) for row in records(early)]


def _share_faults(city: City, rows: pd.DataFrame, parameter: str, file: str) -> list[Fault]:
    """Regions and schemes whose shares miss one in some year; where none is in force is no fault."""
    mine = rows[rows["parameter"] == parameter]
    details = [detail for detail in _DETAILS[parameter] if (mine["detail"] == detail).any()]
    faults = []
    for region in city.region_codes if details else ():
        for scheme in SCHEMES:
            sums = {year: _sum(city, mine, region, scheme, details, year) for year in _years(city, mine)}
            wrong = {year: total for year, total in sums.items() if total is not None and round(total, _DIGITS) != 1}
            if wrong:
                year = min(wrong)
                values = {"region": region, "scheme": scheme, "parameter": parameter, "year": year}
                faults.append(
                    refuse("shares_not_one", file, mine["row"].min(), "value", plain(round(wrong[year], 9)), **values)
                )
    return faults


def _rate_faults(city: City, rows: pd.DataFrame, file: str) -> list[Fault]:
    """Terms that hold money and have no rate, and years before the shares of any."""
    shares, rates = (rows[rows["parameter"] == name] for name in ("deposit_share", "deposit_rate"))
    if shares.empty:
        return [
            refuse("rate_without_share", file, row.row, "parameter", row.parameter, detail=row.detail)
            for row in records(rates)
        ]
    faults = []
    for region in city.region_codes:
        for scheme in SCHEMES:
            for detail in dict.fromkeys(shares["detail"]):
                for table, name in ((shares, "deposit_share"), (rates, "deposit_rate")):
                    late = [
                        year
                        for year in range(city.last_year, city.budget_year + 1)
                        if _in_force(city, table, region, scheme, detail, year) is None
                    ]
                    if late:
                        values = {"scheme": scheme, "region": region, "first": city.last_year, "years": runs(late)}
                        row = shares["row"].min()
                        faults.append(refuse("policy_needed", file, row, "parameter", f"{name} {detail}", **values))
    return faults


def _years(city: City, rows: pd.DataFrame) -> list[int]:
    """Years in which the values in force may differ."""
    return sorted({city.last_year, *rows["from_year"].astype(int)})


def _sum(city: City, rows: pd.DataFrame, region: str, scheme: str, details: list[str], year: int) -> float | None:
    found = [_in_force(city, rows, region, scheme, detail, year) for detail in details]
    stated = [value for value in found if value is not None]
    return sum(stated) if stated else None


def _in_force(city: City, rows: pd.DataFrame, region: str, scheme: str, detail: str, year: int) -> float | None:
    """The value of a detail: the region's own, else the city's; the scheme's own, else that of all."""
    rows = rows[(rows["detail"] == detail) & (rows["from_year"] <= year)]
    for place in dict.fromkeys((region, city.code)):
        for whose in (scheme, "all"):
            own = rows[(rows["region"] == place) & (rows["scheme"] == whose)]
            if len(own):
                return float(own.sort_values("from_year")["value"].iloc[-1])
    return None
