"""A fund's yearly balances in whole fen, carried so that the last one gives the chosen months of cover."""

import numpy as np


def balances(
    revenue: np.ndarray, spending: np.ndarray, rate: np.ndarray, target: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Opening and closing balances and interest, fen, by region and year.

    Interest is the rate on the mean of the year's opening balance and the closing balance before interest. The path is
    linear in the first opening balance, so two trials find the one that ends at the target.

    Parameters
    ----------
    revenue, spending : (region, year), fen, without interest
    rate : (year,), 1/year
    target : (region,), fen, closing balance of the last year
    """
    zero = np.zeros(len(target), dtype=np.int64)
    probe = zero + 10**12
    low, high = (_carry(revenue, spending, rate, start)[1][:, -1] for start in (zero, probe))
    start = np.round((target - low) / ((high - low) / 10**12)).astype(np.int64)
    opening, closing, interest = _carry(revenue, spending, rate, start)
    if (opening <= 0).any() or (closing <= 0).any():
        raise ValueError("a chosen cover needs a balance that was not positive")
    return opening, closing, interest


def _carry(
    revenue: np.ndarray, spending: np.ndarray, rate: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    opening, closing, interest = (np.zeros(revenue.shape, dtype=np.int64) for _ in range(3))
    balance = start.astype(np.int64)
    for year in range(revenue.shape[1]):
        surplus = revenue[:, year] - spending[:, year]
        opening[:, year] = balance
        interest[:, year] = np.round((balance + surplus / 2) * rate[year]).astype(np.int64)
        balance = balance + surplus + interest[:, year]
        closing[:, year] = balance
    return opening, closing, interest
