"""Values of medical assistance in the policy table: whole or absent, for what the accounts and the persons hold.

The path of a source of money is four values with the source in ``detail``; every source that the last year's accounts
divide has them, or none has. The part of the contribution that is paid is stated for every category with persons.
"""

from collections.abc import Iterator, Mapping

import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, refuse
from actuarial.rules.amounts import plain
from actuarial.rules.records import records
from actuarial.schema import CATEGORIES, MONEY_SOURCES

SCHEME, GROWTH = "assistance", "money_growth"
MONEY = (GROWTH, "money_spread", "money_common_share", "money_regional_share")
_SHARES = ("money_common_share", "money_regional_share")
_PAID = "subsidised_share"
# Shares written with decimals add up to 1 but for binary rounding.
_SUM = 1e-9


def assistance_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Faults of the paths of money and of the parts of contributions that are paid."""
    policy = frames.get("policy")
    if policy is None:
        return []
    file = files["policy"]
    money, paid = policy[policy["parameter"].isin(MONEY)], policy[policy["parameter"] == _PAID]
    faults = [*_detail_faults(money, MONEY_SOURCES, file), *_detail_faults(paid, CATEGORIES, file)]
    faults += [
        refuse("money_of_city", file, row.row, "region", row.region, parameter=row.parameter, city=city.code)
        for row in records(money[(money["parameter"] != GROWTH) & (money["region"] != city.code)])
    ]
    if faults:
        return faults
    faults = [*_share_faults(money, file), *_paid_faults(city, paid, frames, file)]
    if len(money):
        faults += [*_source_faults(city, money, frames, file), *_selection_faults(frames, files)]
    return faults


def _detail_faults(rows: pd.DataFrame, known: tuple[str, ...], file: str) -> Iterator[Fault]:
    """Rows of another scheme, and of a detail that the parameter does not have."""
    for row in records(rows[rows["scheme"] != SCHEME]):
        yield refuse("parameter_of_assistance", file, row.row, "scheme", row.scheme, parameter=row.parameter)
    for row in records(rows[~rows["detail"].isin(known)]):
        yield refuse(
            "detail_unknown", file, row.row, "detail", row.detail, parameter=row.parameter, known=", ".join(known)
        )


def _share_faults(money: pd.DataFrame, file: str) -> Iterator[Fault]:
    """Shares of one source and year that add up to more than the whole variance."""
    shares = money[money["parameter"].isin(_SHARES)]
    for (source, year), own in shares.groupby(["detail", "from_year"]):
        total = own["value"].sum()
        if total > 1 + _SUM:
            values = {"detail": source, "year": year, "total": plain(round(total, 9))}
            yield refuse("money_shares", file, own["row"].max(), "value", plain(own["value"].iloc[-1]), **values)


def _source_faults(city: City, money: pd.DataFrame, frames: Mapping[str, pd.DataFrame], file: str) -> Iterator[Fault]:
    """Sources of the accounts without a whole path in the first forecast year, and paths of what they do not hold."""
    ledger = frames.get("ledger")
    if ledger is None:
        return
    last = ledger[(ledger["scheme"] == SCHEME) & (ledger["year"] == city.last_year)]
    held = [source for source in MONEY_SOURCES if (last["line"] == source).any()]
    first = city.first_forecast_year
    known = money[money["from_year"] <= first]
    for source in held:
        own = known[known["detail"] == source]
        missing = [name for name in MONEY if not _is_everywhere(city, own[own["parameter"] == name])]
        if missing:
            row = money["row"].min()
            yield refuse("money_incomplete", file, row, "detail", source, missing=", ".join(missing), first=first)
    for row in records(money[~money["detail"].isin(held)].drop_duplicates("detail")):
        yield refuse("money_without_line", file, row.row, "detail", row.detail, year=city.last_year)


def _is_everywhere(city: City, rows: pd.DataFrame) -> bool:
    return city.code in set(rows["region"]) or set(city.region_codes) <= set(rows["region"])


def _selection_faults(frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> Iterator[Fault]:
    """Selections of the trend that the paths of the sources stand in for."""
    rows = frames.get("selections")
    if rows is None:
        return
    for row in records(rows[rows["series"] == "assistance_income"]):
        yield refuse("selection_by_sources", files["selections"], row.row, "series", row.series, growth=GROWTH)


def _paid_faults(city: City, paid: pd.DataFrame, frames: Mapping[str, pd.DataFrame], file: str) -> Iterator[Fault]:
    """Categories with persons whose part of the contribution is not stated, where another one's is."""
    known = paid[paid["from_year"] <= city.last_year]
    if known.empty or "assistance" not in frames:
        return
    persons = frames["assistance"]
    entitled = persons[(persons["measure"] == "eligible") & (persons["year"] == city.last_year)]
    for category in CATEGORIES:
        needed = (entitled["category"] == category).any()
        if needed and not _is_everywhere(city, known[known["detail"] == category]):
            yield refuse("paid_share_needed", file, paid["row"].min(), "detail", category, year=city.last_year)
