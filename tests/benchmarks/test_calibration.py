"""Saved ranks of the calibration study, judged again, and the judge itself."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from actuarial.experience.sampling import CompiledModel
from benchmarks.calibration import DRAWS, FITS, FOLDER, FORMS, HISTORIES, MEASURED, SEED, fitted_row
from benchmarks.calibration_forms import code_of
from benchmarks.calibration_ranks import judged, rank_envelope, simultaneous_share

MODELS = sorted(FORMS)


def saved(model: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"{model}.csv")


def ranks_of(table: pd.DataFrame) -> dict[str, np.ndarray]:
    return {str(name): table[name].to_numpy() for name in table.columns if name not in MEASURED}


def strays(ranks: dict[str, np.ndarray]) -> list[str]:
    """Quantities outside an envelope that holds all of them at once with 95%, found by another way than the study's.

    The distance is in standard deviations of the binomial, its limit the quantile of uniform ranks drawn one by one.
    """
    fits = len(next(iter(ranks.values())))
    share = np.arange(1, DRAWS + 1) / (DRAWS + 1)

    def farthest(values: np.ndarray) -> float:
        counts = (values[:, None] <= np.arange(DRAWS)).sum(axis=0)
        return float((abs(counts - fits * share) / np.sqrt(fits * share * (1 - share))).max())

    rng = np.random.default_rng(20)
    uniform = sorted(farthest(rng.integers(DRAWS + 1, size=fits)) for _ in range(8_000))
    limit = uniform[int(np.ceil((1 - 0.05 / len(ranks)) * len(uniform))) - 1]
    return [name for name, values in ranks.items() if farthest(values) > limit]


@pytest.mark.parametrize("model", MODELS)
def test_the_study_is_whole(model):
    table = saved(model)
    assert table["fit"].tolist() == list(range(FITS))
    assert FITS >= 300
    for values in ranks_of(table).values():
        assert values.min() >= 0
        assert values.max() <= DRAWS
    # With fewer effective draws than ranks, neighbours hang together; three such fits are a third of the standard
    # deviation of the number of fits below the middle, 8.7.
    assert (table["least_effective"] <= DRAWS).mean() <= 0.01


@pytest.mark.parametrize("model", MODELS)
def test_every_quantity_is_within_the_simultaneous_envelope(model):
    ranks = ranks_of(saved(model))
    found = judged(ranks, DRAWS, np.random.default_rng(3))
    # Each within the envelope of one quantity, so within the wider one of all of them too.
    assert (found["p"] > 0.05).all(), found["p"].nsmallest(3)
    assert strays(ranks) == []


@pytest.mark.parametrize(
    ("fault", "shift"),
    [
        ("too narrow", lambda normal: 1.3 * normal),
        ("too wide", lambda normal: 0.75 * normal),
        ("too low", lambda normal: normal + 0.3),
    ],
)
def test_a_fault_of_the_posterior_is_seen(fault, shift):
    """True values spread 1.3 times as wide as posteriors, 0.75 times, or moved by 0.3 of their standard deviation."""
    normal = np.random.default_rng(4).standard_normal(FITS)
    wrong = np.floor((DRAWS + 1) * stats.norm.cdf(shift(normal))).astype(int)
    right = np.floor((DRAWS + 1) * stats.norm.cdf(normal)).astype(int)
    envelope = rank_envelope(FITS, DRAWS, np.random.default_rng(3))
    # Even beside seventeen others.
    assert simultaneous_share(wrong, envelope) <= 0.05 / 18, fault
    assert simultaneous_share(right, envelope) > 0.05
    assert strays({"wrong": wrong, "right": right}) == ["wrong"]


def test_the_envelope_holds_uniform_ranks_with_its_level():
    """Four standard errors of 2,000 fresh studies; counts are whole, so the level is met from the safe side."""
    envelope = rank_envelope(300, DRAWS, np.random.default_rng(3))
    rng = np.random.default_rng(8)
    outside = np.mean([simultaneous_share(rng.integers(DRAWS + 1, size=300), envelope) <= 0.05 for _ in range(2_000)])
    assert outside == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 2_000) + 0.005)


@pytest.mark.parametrize("model", MODELS)
def test_true_values_come_back_from_the_history_that_is_fitted(model):
    """A history keeps the labels of the form, and its truth is the same each time it is made."""
    form = FORMS[model](SEED, 3)
    first, again = form.made(2), FORMS[model](SEED, 3).made(2)
    assert first.truth == again.truth
    for name, values in first.data.items():
        np.testing.assert_array_equal(values, again.data[name])
    assert all(np.isfinite(value) for value in first.truth.values())


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_fits_of_the_study_come_out_again(model):
    """Two of its rows: measures aside, ranks within what so many draws can tell.

    The machine code of another machine rounds otherwise and a chain is another one after a few steps, so ranks are two
    estimates of one share, each from as many draws as were effective: four standard errors of their difference.
    """
    form = FORMS[model](SEED, HISTORIES)
    code: CompiledModel = code_of(form.compile())
    table = saved(model)
    for fit in (0, 7):
        row = fitted_row(form, model, fit, code)
        for name in ranks_of(table):
            one, two = row[name], table[name][fit]
            middle = (one + two + 1) / 2 / (DRAWS + 1)
            effective = min(DRAWS, row["least_effective"], table["least_effective"][fit])
            assert abs(one - two) / DRAWS <= 4 * np.sqrt(2 * middle * (1 - middle) / effective), (fit, name)
