"""Whether a fitted model could have made its own history: statistics of replicates beside those that were seen."""

from collections.abc import Mapping

import xarray as xr

from actuarial.errors import AssumptionError

# Limits of the share of replicates below what was seen: own choice, two in a hundred of good models fail a statistic.
LEAST_PREDICTIVE, MOST_PREDICTIVE = 0.01, 0.99


def predictive_shares(seen: xr.Dataset, replicated: xr.Dataset) -> dict[str, float]:
    """Posterior predictive p of each statistic: share of replicates below what was seen, ties by half.

    Parameters
    ----------
    seen : (draw,), each statistic of the history; it may depend on the parameters of the draw
    replicated : (draw,), the same statistics of a history made anew from the parameters of the draw

    Source
    ------
    Gelman, Meng & Stern (1996), Statistica Sinica 6: realised discrepancies; their p counts replicates above.
    """
    below = (replicated < seen) + (replicated == seen) / 2
    known = seen.notnull() & replicated.notnull()
    return {str(name): float(below[name].where(known[name]).mean("draw", skipna=False)) for name in below.data_vars}


def check_predictive(shares: Mapping[str, float]) -> Mapping[str, float]:
    """The same shares, if every one lies within the limits.

    Raises
    ------
    AssumptionError
        For the first statistic outside, or not a number, with its value, limit and remedy.
    """
    for name, share in shares.items():
        if not LEAST_PREDICTIVE <= share <= MOST_PREDICTIVE:
            raise AssumptionError(
                f"posterior: predictive p of {name} is {share:.4g}, limits {LEAST_PREDICTIVE} to {MOST_PREDICTIVE}; "
                "remedy: declare a break or shock of the history, or priors wide enough for what was seen"
            )
    return shares
