"""Adopted budgets and outturn of a folder as labelled arrays, and a run's budget as the rows of the next version."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from actuarial.assumptions.policy import Policy
from actuarial.budget.forms import amounts
from actuarial.city import City
from actuarial.errors import AssumptionError
from actuarial.schema import ALL_LINES, FUNDS, PROVENANCES, SCHEMES, ledger_lines

FUND_NAMES = {pair: fund for fund, pair in FUNDS.items()}


def budget_arrays(city: City, frames: Mapping[str, pd.DataFrame]) -> xr.Dataset:
    """What a folder says of budgets and of months, for the regions; nothing where it has no such table.

    Returns
    -------
    adopted_budget : (adopted_year, version, region, fund, line), fen
    outturn : (outturn_year, month, region, fund, line), fen since the first of January
        Both are not a number where no row says anything.
    """
    found = {}
    for name, table, dims in (
        ("adopted_budget", "budgets", ("adopted_year", "version")),
        ("outturn", "outturn", ("outturn_year", "month")),
    ):
        frame = frames.get(table)
        if frame is not None:
            rows = frame[frame["region"].isin(city.region_codes)].rename(columns={"year": dims[0]})
            if len(rows):
                found[name] = _array(rows.astype({dims[1]: "int64"}), dims, city.region_codes)
    return xr.Dataset(found)


def _array(rows: pd.DataFrame, dims: tuple[str, str], regions: Sequence[str]) -> xr.DataArray:
    funds = [FUND_NAMES[pair] for pair in zip(rows["scheme"], rows["fund"], strict=True)]
    coords = {dim: sorted(rows[dim].unique().tolist()) for dim in dims}
    coords |= {"region": list(regions), "fund": list(FUNDS), "line": list(ALL_LINES)}
    labels = [rows[dims[0]], rows[dims[1]], rows["region"], pd.Series(funds, index=rows.index), rows["line"]]
    places = [pd.Index(known).get_indexer(pd.Index(own)) for own, known in zip(labels, coords.values(), strict=True)]
    values = np.full([len(known) for known in coords.values()], np.nan)
    values[tuple(places)] = rows["fen"].to_numpy("float64")
    return xr.DataArray(values, coords=coords, dims=tuple(coords))


def budget_record(city: City, frames: Mapping[str, pd.DataFrame], policy: Policy) -> dict[str, object]:
    """What the manifest keeps: date, source and worst provenance of every version, and the stated limits by scheme."""
    frame = frames.get("budgets")
    versions = []
    for (year, version), rows in frame.groupby(["year", "version"]) if frame is not None else ():
        worst = max(rows["provenance"], key=PROVENANCES.index)
        first = rows.iloc[0]
        versions.append(
            {
                "year": int(str(year)),
                "version": int(float(str(version))),
                "adopted": str(first["adopted"]),
                "provenance": str(worst),
                "source": str(first["source"]),
            }
        )
    limits = {
        name: {
            scheme: policy.value(name, scheme, city.code, city.budget_year) if policy.holds(name, scheme) else None
            for scheme in SCHEMES
        }
        for name in ("surplus_target", "adjustment_threshold")
    }
    return {"versions": versions, **limits}


def next_version(
    dataset: xr.Dataset, manifest: dict, before: Sequence[tuple[int, int, str]], adopted: str, source: str
) -> list[dict[str, str]]:
    """Rows of the budgets table that state a run's budget year as its next version, in yuan to the fen.

    Every line that the run holds is stated, with opening and closing balance; central values, so estimated.

    Parameters
    ----------
    before : year, version and date of adoption of every version that there is
    adopted : date, 2026-01-15

    Raises
    ------
    AssumptionError
        If a version of the year was adopted on that day or later.
    """
    year = int(manifest["budget_year"])
    own = [(version, date) for of, version, date in before if of == year]
    number, latest = max(own, default=(0, ""))
    if adopted <= latest:
        raise AssumptionError(
            f"budget {year}: version {number} was adopted on {latest}; the next one needs a later date than {adopted}"
        )
    ledger = amounts(dataset).sel(year=year)
    rows = []
    for region in ledger["region"].values.tolist():
        for fund, (scheme, written) in FUNDS.items():
            for line in ledger_lines(scheme):
                cell = ledger.sel(region=region, fund=fund, line=line)
                if bool(cell["published"]):
                    fen = int(cell["amount"])
                    rows.append(
                        {
                            **{"region": region, "year": str(year), "scheme": scheme, "fund": written, "line": line},
                            **{"version": str(number + 1), "adopted": adopted, "value": _yuan(fen), "unit": "yuan"},
                            **{"provenance": "estimated", "source": source},
                        }
                    )
    return rows


def _yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"
