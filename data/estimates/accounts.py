"""What the fund accounts of the three schemes share: mid-year members, chosen paths, money in fen, noise by region."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.schema import STATUSES
from data.estimates.noise import normal

FEN = 100


@dataclass(frozen=True, slots=True)
class Setting:
    """What every account is made from.

    members : (region, status, year), person, year ends, one year longer than the accounts
    base : (region, year), yuan/person-year
    index : scheme to (region, year), 1, cost per member by age structure, year ends
    """

    choice: dict
    members: xr.DataArray
    base: xr.DataArray
    index: dict[str, xr.DataArray]

    @property
    def regions(self) -> list[str]:
        """Codes of the regions."""
        return self.choice["city"]["regions"]

    @property
    def years(self) -> list[int]:
        """Years of the accounts."""
        return list(range(self.choice["city"]["first_year"], self.choice["city"]["last_year"] + 1))

    def mid_year(self, *statuses: str) -> np.ndarray:
        """(region, year) mean of the two year ends of some statuses, person-year."""
        total = self.members.sel(status=list(statuses)).sum("status").values
        return (total[:, 1:] + total[:, :-1]) / 2

    def scheme_members(self, scheme: str) -> np.ndarray:
        """(region, year) mid-year members of a scheme, person-year."""
        return self.mid_year(*STATUSES[scheme])

    def by_region(self, values: dict[str, float]) -> np.ndarray:
        """(region,) chosen values."""
        return np.array([values[region] for region in self.regions])

    def path(self, values: dict[str, float]) -> np.ndarray:
        """(year,) chosen values; each holds until the next."""
        dated = {int(year): value for year, value in values.items()}
        return np.array([dated[max(start for start in dated if start <= year)] for year in self.years])

    def level(self, growth: dict[str, float]) -> np.ndarray:
        """(year,) level by chosen growth, 1 in the last year."""
        steps = np.array([0.0] + [np.log1p(growth[str(year)]) for year in self.years[1:]])
        level = np.cumsum(steps)
        return np.exp(level - level[-1])

    def noise(self, name: str, spread: float) -> np.ndarray:
        """(region, year) factors around 1 that belong to one region and year."""
        return np.exp(normal(name, (len(self.regions), len(self.years))) * spread)

    def spending(self, scheme: str) -> np.ndarray:
        """(region, year) spending of the pooled fund, fen: members x age structure x level x region x noise."""
        own = self.choice[scheme]
        index = self.index[scheme].values
        mid = (index[:, 1:] + index[:, :-1]) / 2
        members = self.scheme_members(scheme)
        city_index = (mid[:, -1] * members[:, -1]).sum() / members[:, -1].sum()
        level = own["cost_per_head_2025"] * self.level(own["cost_growth"])
        relative = self.by_region(own["relative_cost"])[:, None]
        noise = self.noise(f"cost {scheme}", own["cost_noise_region"])
        return fen(members * mid / city_index * level * relative * noise)


def fen(yuan: np.ndarray) -> np.ndarray:
    """Whole fen of an amount in yuan."""
    return np.round(np.asarray(yuan) * FEN).astype(np.int64)


def added(*amounts: np.ndarray) -> np.ndarray:
    """Sum of amounts of the same regions and years."""
    return np.stack(amounts).sum(axis=0)


def part(total: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    """A share of whole fen, in whole fen."""
    return np.round(total * share).astype(np.int64)
