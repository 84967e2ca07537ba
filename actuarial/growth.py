"""What the growth of benefits is made of, in every draw: enrolment, age structure, intensity, price and policy.

Benefits of a scheme = members x expected cost of a member at the costs of the base year x intensity x price and
technology x policy. The second is what ageing does; the trend of cost at constant membership is divided into a stated
growth of intensity and the rest; policy is a change of rules, and whatever a scenario does to spending.
"""

import numpy as np
import xarray as xr

from actuarial.assumptions.basis import Basis
from actuarial.evaluation.decomposition import FACTORS, additive_effects
from actuarial.money import to_fen
from actuarial.payers import COST_SERIES
from actuarial.people import People
from actuarial.schema import STATUSES

REST = "price_technology"


def growth_parts(
    basis: Basis, people: People, rules: xr.DataArray | None, central: xr.DataArray, deviation: xr.DataArray
) -> xr.DataArray | None:
    """What each factor adds to the benefits since the last closed year; None without a stated growth of intensity.

    The factors add up to the change of the benefits in whole fen: the fen that rounding leaves are in price.

    Parameters
    ----------
    rules : (..., region, scheme, year), 1, what a change of rules multiplies benefits by; None where none changes
    central, deviation : log growth of the series since the last closed year, and the draws' deviation from it

    Returns
    -------
    (..., region, scheme, factor, year), fen (int64), forecast years

    Source
    ------
    LMDI-I: Ang (2005), Energy Policy 33(7); on sums over ages, so that age structure is the growth of the directly
    standardised cost of a member, which a reader can check by hand (own choice).
    """
    intensity = _intensity(basis)
    if intensity is None:
        return None
    members, expected = (table.sel(year=[basis.last_year, *basis.years]) for table in _by_scheme(people))
    series = list(COST_SERIES.values())
    path = xr.ufuncs.exp((central + deviation).sel(series=series)).rename(series="scheme")
    path = path.assign_coords(scheme=list(COST_SERIES))
    scenario = basis.factors.sel(quantity="spending", scheme=list(COST_SERIES), drop=True)
    before = {
        "enrolment": members.sel(year=basis.last_year, drop=True),
        "age_structure": (expected / members).sel(year=basis.last_year, drop=True),
        **dict.fromkeys(("intensity", REST, "policy"), xr.DataArray(1.0)),
    }
    after = {
        "enrolment": members.sel(year=basis.years),
        "age_structure": (expected / members).sel(year=basis.years),
        "intensity": intensity,
        REST: path / intensity,
        "policy": scenario if rules is None else scenario * rules,
    }
    effects = additive_effects({name: before[name] for name in FACTORS}, {name: after[name] for name in FACTORS}, [])
    benefits = expected.sel(year=basis.years) * path * after["policy"]
    change = to_fen(benefits) - to_fen(expected.sel(year=basis.last_year, drop=True))
    return _whole(effects, change).transpose(..., "region", "scheme", "factor", "year")


def _by_scheme(people: People) -> tuple[xr.DataArray, xr.DataArray]:
    """Members and expected cost of a scheme: (..., region, scheme, year)."""
    parts = [people.members.sel(status=list(statuses)).sum("status") for statuses in STATUSES.values()]
    members = xr.concat(parts, dim="scheme", join="exact").assign_coords(scheme=list(STATUSES))
    return members, people.expected.sum("service").sel(scheme=list(STATUSES))


def _intensity(basis: Basis) -> xr.DataArray | None:
    """Care per member at constant age, over the last closed year: (scheme, year), 1."""
    rows = []
    for scheme in COST_SERIES:
        if not basis.policy.holds("intensity_growth", scheme):
            return None
        rates = [basis.policy.value("intensity_growth", scheme, basis.city.code, int(year)) for year in basis.years]
        rows.append(np.cumprod(1 + np.array(rates)))
    return xr.DataArray(np.array(rows), {"scheme": list(COST_SERIES), "year": basis.years}, ("scheme", "year"))


def _whole(effects: xr.DataArray, change: xr.DataArray) -> xr.DataArray:
    fen = to_fen(effects)
    others = fen.where(fen["factor"] != REST, 0).sum("factor")
    return xr.where(fen["factor"] == REST, change - others, fen).astype("int64")
