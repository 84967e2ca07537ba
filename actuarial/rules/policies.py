"""Policy values in force in every year that needs one. A value holds from its first year until the next one."""

from collections.abc import Mapping

import pandas as pd

from actuarial.city import City
from actuarial.faults import Fault, refuse
from actuarial.rules.amounts import runs
from actuarial.schema import NEEDED_PARAMETERS

# Rates by which past contributions are explained; all others are needed from the last year on.
_FROM_HISTORY = (("employee", "employer_rate"), ("employee", "own_rate"))


def policy_faults(city: City, frames: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> list[Fault]:
    """Needed parameters without a value in force, by region; one fault where no region has one."""
    policy = frames.get("policy")
    if policy is None:
        return []
    start = policy.groupby(["scheme", "parameter", "region"])["from_year"].min()
    faults = []
    for scheme, parameter in NEEDED_PARAMETERS:
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
    return faults


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
