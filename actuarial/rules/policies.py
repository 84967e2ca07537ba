"""Policy values in force in every year that needs one. A value holds from its first year until the next one.

The parameters of people belong to no scheme. The age of retirement is whole or absent: age, delay and limit for each
of the three details.
"""

from collections.abc import Mapping

import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, refuse
from actuarial.rules.amounts import plain, runs
from actuarial.rules.records import records
from actuarial.schema import NEEDED_PARAMETERS

_PEOPLE = ("long_run_fertility", "long_run_migration", "migration_wage_response")
_RETIREMENT = ("retirement_age", "retirement_delay", "retirement_age_limit")
_DETAILS = ("male", "female_cadre", "female_worker")
# Rates by which past contributions are explained; all others are needed from the last year on.
_FROM_HISTORY = (("employee", "employer_rate"), ("employee", "own_rate"))


def policy_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Needed parameters without a value in force, by region; one fault where no region has one."""
    policy = frames.get("policy")
    if policy is None:
        return []
    start = policy.groupby(["scheme", "parameter", "region"])["from_year"].min()
    faults = []
    # Rules that pay by patterns of care hold amounts, and somebody decides how those go on.
    indexed = (("all", "benefit_indexation"),) if {"benefits", "care"} <= frames.keys() else ()
    # A balance that is split by the term of its deposits earns their rates instead of one.
    is_split = policy["parameter"].isin(("deposit_share", "deposit_rate")).any()
    needed = [pair for pair in NEEDED_PARAMETERS if pair != ("all", "interest_rate") or not is_split]
    for scheme, parameter in (*needed, *indexed):
        first = {
            region: _first_year(city, frames.get("ledger"), scheme, parameter, region) for region in city.region_codes
        }
        late = {}
        for region in city.region_codes:
            own = [start.get((scheme, parameter, code)) for code in (region, city.code)]
            known = min((int(year) for year in own if year is not None), default=None)
            if known is None or known > first[region]:
                late[region] = known
        faults += _late_faults(city, policy, late, first, scheme, parameter, files["policy"])
    return faults + _people_faults(policy, files["policy"]) + _retirement_faults(policy, files["policy"])


def _first_year(city: City, ledger: pd.DataFrame | None, scheme: str, parameter: str, region: str) -> int:
    if ledger is None or (scheme, parameter) not in _FROM_HISTORY:
        return city.last_year
    years = ledger[(ledger["region"] == region) & (ledger["scheme"] == scheme)]["year"]
    return min(int(years.min()), city.last_year) if len(years) else city.last_year


def _late_faults(
    city: City,
    policy: pd.DataFrame,
    late: dict[str, int | None],
    first: dict[str, int],
    scheme: str,
    parameter: str,
    file: str,
) -> list[Fault]:
    if len(late) == len(city.regions) and len(set(late.values())) == 1 and len(set(first.values())) == 1:
        late = {city.code: next(iter(late.values()))}
        first = {city.code: next(iter(first.values()))}
    faults = []
    for region, known in late.items():
        rows = policy[(policy["scheme"] == scheme) & (policy["parameter"] == parameter)]
        row = None if rows.empty else rows["row"].min()
        last = city.budget_year if known is None else min(known - 1, city.budget_year)
        years = runs(range(first[region], last + 1))
        values = {"scheme": scheme, "region": region, "first": first[region], "years": years}
        faults.append(refuse("policy_needed", file, row, "parameter", parameter, **values))
    return faults


def _people_faults(policy: pd.DataFrame, file: str) -> list[Fault]:
    """Parameters of people under a scheme, and details that they do not have."""
    rows = policy[policy["parameter"].isin((*_PEOPLE, *_RETIREMENT))]
    faults = [
        refuse("parameter_of_all", file, row.row, "scheme", row.scheme, parameter=row.parameter)
        for row in records(rows[rows["scheme"] != "all"])
    ]
    is_retirement = rows["parameter"].isin(_RETIREMENT)
    wrong = rows[(is_retirement & ~rows["detail"].isin(_DETAILS)) | (~is_retirement & (rows["detail"] != ""))]
    return faults + [
        refuse(
            "detail_unknown",
            file,
            row.row,
            "detail",
            row.detail,
            parameter=row.parameter,
            known=", ".join(_DETAILS) if row.parameter in _RETIREMENT else {"zh": "（空）", "en": "(empty)"},
        )
        for row in records(wrong)
    ]


def _retirement_faults(policy: pd.DataFrame, file: str) -> list[Fault]:
    """Ages of retirement that are given in part, and limits below the age that they start from."""
    rows = policy[policy["parameter"].isin(_RETIREMENT) & policy["detail"].isin(_DETAILS)]
    faults = []
    for region, here in rows.groupby("region"):
        given = set(here[["parameter", "detail"]].itertuples(index=False, name=None))
        missing = [f"{name} {detail}" for name in _RETIREMENT for detail in _DETAILS if (name, detail) not in given]
        if missing:
            row = here["row"].min()
            faults.append(
                refuse("retirement_incomplete", file, row, "parameter", region=region, missing=", ".join(missing))
            )
        ages = here[here["parameter"] == "retirement_age"].groupby("detail")["value"].max()
        limits = here[here["parameter"] == "retirement_age_limit"]
        faults += [
            refuse("retirement_limit", file, row.row, "value", plain(row.value), detail=row.detail, age=plain(low))
            for row in records(limits)
            if (low := ages.get(row.detail)) is not None and row.value < low
        ]
    return faults
