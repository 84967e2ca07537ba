"""What the balance of a fund earns: one rate, or the mix of the terms that it is deposited for."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from actuarial.assumptions.policy import Policy
from actuarial.errors import AssumptionError
from actuarial.schema import FUNDS


def interest_rates(
    policy: Policy, regions: np.ndarray, years: np.ndarray, funds: Sequence[str] = tuple(FUNDS)
) -> xr.DataArray:
    """Yearly interest on the average balance of the funds: (region, fund, year), 1/year.

    Where the balance is split by term, rate = sum over terms of share x rate of the term; ``interest_rate`` otherwise.

    Raises
    ------
    AssumptionError
        If both ways are stated, no rate is in force, or the shares of the terms do not sum to one.

    Source
    ------
    State Council document 44 of 1998 (国发〔1998〕44号), section 4: money raised in the year earns the demand rate,
    what is carried over the rate for three months, what is settled in the fiscal account at least that for three years.
    """
    terms = policy.details("deposit_share")
    if terms and any(key[2] == "interest_rate" for key in policy.values):
        raise AssumptionError("interest_rate: stated beside deposit_share; keep one of the two")
    rows = [
        [
            [_rate(policy, terms, scheme, str(region), int(year)) for year in years]
            for scheme, _ in map(FUNDS.__getitem__, funds)
        ]
        for region in regions
    ]
    coords = {"region": regions, "fund": list(funds), "year": years}
    return xr.DataArray(rows, dims=("region", "fund", "year"), coords=coords, attrs={"units": "1/year"})


def _rate(policy: Policy, terms: tuple[str, ...], scheme: str, region: str, year: int) -> float:
    if not terms:
        return policy.value("interest_rate", scheme, region, year)
    shares = [policy.value("deposit_share", scheme, region, year, term) for term in terms]
    if round(sum(shares), 6) != 1:
        place = f"scheme {scheme!r} in region {region} in {year}"
        raise AssumptionError(f"deposit_share: the terms sum to {sum(shares):g}, not 1, first for {place}")
    return sum(
        share * policy.value("deposit_rate", scheme, region, year, term)
        for share, term in zip(shares, terms, strict=True)
    )
