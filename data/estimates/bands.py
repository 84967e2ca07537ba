"""Members by the size of their yearly in-scope cost: a share without cost, a log-normal for the others.

In-scope cost is what the benefit rules apply to, before any deductible or rate; its total is the fund's payments of the
last year times a chosen ratio. A band holds its lower end and not its upper.
"""

import numpy as np
import xarray as xr
from scipy.stats import norm

from actuarial.schema import CATEGORIES
from data.estimates.raking import largest_remainder

BROAD_GROUPS = {"0-14": (0, 10), "15-59": (15, 55), "60+": (60, 100)}


def lognormal_bands(mean: float, zero_share: float, spread: float, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of persons and of cost in each band; the first band is the persons without cost.

    Source
    ------
    Klugman, Panjer & Willmot (2012), Loss Models, appendix A: limited moments of the log-normal.
    """
    centre = np.log(mean / (1 - zero_share)) - spread**2 / 2
    edges = np.log(np.append(lower[1:].astype(float), np.inf))
    edges[0] = -np.inf
    persons = np.diff(norm.cdf((edges - centre) / spread)) * (1 - zero_share)
    cost = np.diff(norm.cdf((edges - centre) / spread - spread))
    return np.concatenate([[zero_share], persons]), np.concatenate([[0.0], cost])


def band_money(mean: np.ndarray, persons: np.ndarray, lower: np.ndarray, total: int) -> np.ndarray:
    """Cost of whole persons in each band, fen, that adds up to the total with every mean inside its band.

    Persons times the mean of the distribution in the band miss the total, since persons were rounded; every mean then
    moves by one and the same share of its way to the end of the band on that side. The open band has no upper end: its
    way up is as long as its way down.

    Parameters
    ----------
    mean, persons, lower : (band,), yuan, whole persons, yuan; the first band is the persons without cost

    Raises
    ------
    ValueError
        If no means inside the bands make the total.

    Source
    ------
    Own choice: the least number (one share for all bands) that keeps both the total and the bands.
    """
    if not persons.any():
        return np.zeros_like(persons)
    upper = np.append(lower[1:], 2 * mean[-1] - lower[-1])
    missing = total / 100 - float((persons * mean).sum())
    way = persons[1:] * (upper - mean if missing > 0 else mean - lower)[1:]
    if abs(missing) >= way.sum():
        raise ValueError(
            f"bands: {persons.tolist()} persons cannot have {total} fen in all; {missing:.2f} yuan is left"
        )
    exact = persons[1:] * mean[1:] + way * (missing / way.sum())
    return np.append(0, largest_remainder(exact, total))


def claim_bands(
    scheme: str,
    members: xr.DataArray,
    payments: xr.DataArray,
    eligible: dict[str, np.ndarray],
    choice: dict,
) -> list[dict[str, object]]:
    """Bands of every region, category and broad age: persons whole, cost in fen.

    Parameters
    ----------
    members : (region, sex, group), person, end of the last year
    payments : (region, service, sex, group), fen, last year
    eligible : category to (region,) persons entitled to assistance; empty for a scheme that is not split
    """
    own = choice["bands"]
    lower = np.array(own["lower"])
    rows = []
    for place, region in enumerate(members["region"].values):
        for age, (low, high) in BROAD_GROUPS.items():
            here = {"region": region, "group": slice(low, high)}
            people = int(members.sel(here).sum())
            if people == 0:
                continue
            cost = int(payments.sel(here).sum()) * own["cost_over_payment"][scheme]
            counts = _category_counts(people, age, {name: count[place] for name, count in eligible.items()}, own)
            relative = {name: own["category_cost"].get(name, 1.0) for name in counts}
            scale = cost / sum(counts[name] * relative[name] for name in counts)
            for name, count in counts.items():
                mean = scale * relative[name] / 100
                persons, share = lognormal_bands(mean, own["zero_share"][age], own["log_spread"][age], lower)
                whole = largest_remainder(persons, count)
                inside = np.divide(share, persons, out=np.zeros_like(share), where=whole > 0) * mean
                money = band_money(inside, whole, lower, round(mean * count) * 100)
                rows += [
                    {
                        "region": region,
                        "category": name,
                        "age": age,
                        "lower": lower[i],
                        "upper": upper,
                        "persons": n,
                        "fen": fen,
                    }
                    for i, (upper, n, fen) in enumerate(zip([*lower[1:], ""], whole, money, strict=True))
                ]
    return rows


def _category_counts(people: int, age: str, eligible: dict[str, int], own: dict) -> dict[str, int]:
    if not eligible:
        return {"all": people}
    counts = {name: round(int(count) * own["category_age_share"][age]) for name, count in eligible.items()}
    return {**{name: counts[name] for name in CATEGORIES}, "none": people - sum(counts.values())}
