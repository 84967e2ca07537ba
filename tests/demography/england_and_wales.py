"""Deaths and central exposures of men in England and Wales, 1961-2011 (Human Mortality Database, CC BY 4.0)."""

from pathlib import Path

import pandas as pd
import xarray as xr


def england_and_wales(published: Path, youngest: int, oldest: int) -> tuple[xr.DataArray, xr.DataArray]:
    """Deaths and person-years; (age, year)."""
    tables = []
    for name in ("Dxt", "Ext"):
        table = pd.read_csv(published / "golden" / "stmomo_ew_male" / f"{name}.csv", index_col=0)
        coords = {"age": table.index.astype(int), "year": table.columns.astype(int)}
        whole = xr.DataArray(table.to_numpy(float), coords=coords, dims=("age", "year"))
        tables.append(whole.sel(age=slice(youngest, oldest)))
    return tables[0], tables[1]
