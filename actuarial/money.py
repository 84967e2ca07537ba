"""Yuan to whole fen and back, and rounding that keeps totals."""

import numpy as np
import xarray as xr

from actuarial.errors import SchemaError

FEN_PER_YUAN = 100
# Beyond this a float64 of yuan no longer holds its fen.
LARGEST_FEN = 2**53


def to_fen(yuan: xr.DataArray) -> xr.DataArray:
    """Whole fen (int64), half a fen to the even neighbour.

    Raises
    ------
    SchemaError
        If an amount is not finite or so large that its fen are lost.
    """
    fen = xr.ufuncs.rint(yuan * FEN_PER_YUAN)
    if not bool(xr.ufuncs.isfinite(fen).all()) or bool((abs(fen) > LARGEST_FEN).any()):
        raise SchemaError("money: an amount is not finite or beyond 90 trillion yuan")
    return fen.astype("int64")


def to_yuan(fen: xr.DataArray) -> xr.DataArray:
    """Yuan as float64, for display and for models; the ledger stays in fen."""
    return fen / FEN_PER_YUAN


def round_to_total(values: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers closest to the values that add up to the total: largest remainder.

    Parameters
    ----------
    values : (n,)
        They should add up to about the total; the difference is less than n where each is within one of its value.

    Source
    ------
    Hamilton's method of apportionment; Balinski & Young (1982), Fair Representation, chapter 2.
    """
    floors = np.floor(values).astype("int64")
    short = int(total - floors.sum())
    if not 0 <= short <= len(values):
        raise SchemaError(f"rounding: {len(values)} values are {short} away from their total {total}")
    order = np.argsort(-(values - floors), kind="stable")
    rounded = floors.copy()
    rounded[order[:short]] += 1
    return rounded
