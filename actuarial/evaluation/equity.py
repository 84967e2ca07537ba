"""How an amount per person differs over the regions of a city: between them, inside them, and with their income."""

import numpy as np
import xarray as xr

from actuarial.evaluation.inequality import concentration_index, theil_between_within

PARTS = ("between", "within", "concentration")


def regional_inequality(amount: xr.DataArray, persons: xr.DataArray, income: xr.DataArray | None) -> xr.DataArray:
    """Theil's T between regions and within them, and the concentration of the regions' means by income.

    Inside a region persons of one kind count as equal, regions as one group of income each: both are lower bounds.

    Parameters
    ----------
    amount : (..., region, kind, year), yuan
    persons : (..., region, kind, year), person-year
    income : (region,), yuan a head; without it nothing is said of concentration

    Returns
    -------
    (..., part, year), 1; parts of PARTS

    Raises
    ------
    SchemaError
        As in :func:`actuarial.evaluation.inequality.theil`.

    Source
    ------
    As of :func:`theil_between_within` and :func:`concentration_index`; regions ranked by their mean income: own choice.
    """
    each = (amount / persons.where(persons > 0)).where(persons > 0, 0.0)
    cells, heads = (_cells(table) for table in (each, persons))
    split = theil_between_within(cells, heads, cells["region"])
    parts = [split["between"], split["within"].sum("region")]
    if income is not None and income.sizes["region"] > 1:
        total, whole = amount.sum("kind"), persons.sum("kind")
        order = income["region"].values[np.argsort(income.values, kind="stable")]
        means = (total / whole).sel(region=order)
        parts.append(concentration_index(means, whole.sel(region=order), "region")["index"])
    joined = xr.concat(parts, dim="part", coords="minimal").assign_coords(part=list(PARTS[: len(parts)]))
    return joined.transpose(..., "part", "year")


def _cells(table: xr.DataArray) -> xr.DataArray:
    """Regions and kinds as one dim of cells, which keep the code of their region."""
    labels = np.repeat(table["region"].values, table.sizes["kind"])
    plain = table.drop_vars([name for name in table.coords if name != "year"]).stack(cell=("region", "kind"))
    bare = plain.drop_vars(["cell", "region", "kind"], errors="ignore")
    return bare.assign_coords(cell=np.arange(labels.size), region=("cell", labels))
