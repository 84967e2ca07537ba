"""Whether a programme is worth its money, with what is not known of its cost and effect.

1. draws of what it costs more and what it achieves more than no programme;
2. net benefit of an effect valued at a threshold, probability that it is positive, and what knowing would be worth.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from actuarial.errors import AssumptionError


@dataclass(frozen=True, slots=True)
class Programme:
    """A prevention programme per person in it and year, means with their standard errors.

    cost : yuan, of the programme
    averted, averted_error : units of effect, such as admissions avoided
    saved, saved_error : yuan of later care not needed
    correlation : of the errors of averted and saved
    """

    cost: float
    averted: float
    averted_error: float
    saved: float
    saved_error: float
    correlation: float


def sample_programme(programme: Programme, persons: xr.DataArray, draws: int, rng: np.random.Generator) -> xr.Dataset:
    """Incremental cost and effect of a programme: ``cost`` (draw, ...), yuan, and ``effect`` (draw, ...), units.

    Parameters
    ----------
    persons : (...), person-year in the programme

    Raises
    ------
    AssumptionError
        If an error is negative, or the correlation is not in [-1, 1].

    Source
    ------
    Means of samples are normal about their truth: central limit theorem; joint draws of cost and effect: Briggs,
    Sculpher & Claxton (2006), Decision Modelling for Health Economic Evaluation, chapter 4.
    """
    if min(programme.averted_error, programme.saved_error) < 0 or not -1 <= programme.correlation <= 1:
        raise AssumptionError(
            f"programme: errors of {programme.averted_error:g} and {programme.saved_error:g} with correlation "
            f"{programme.correlation:g}; errors are not negative, a correlation lies in [-1, 1]"
        )
    normal = rng.standard_normal((draws, 2))
    own = np.sqrt(1 - programme.correlation**2)
    first = xr.DataArray(normal[:, 0], dims="draw")
    second = xr.DataArray(programme.correlation * normal[:, 0] + own * normal[:, 1], dims="draw")
    averted = programme.averted + programme.averted_error * first
    saved = programme.saved + programme.saved_error * second
    return xr.Dataset({"cost": (programme.cost - saved) * persons, "effect": averted * persons})


def net_benefit(cost: xr.DataArray, effect: xr.DataArray, threshold: xr.DataArray) -> xr.DataArray:
    """Value of the effect less the cost: threshold x effect - cost; (..., threshold), yuan.

    Parameters
    ----------
    cost, effect : (draw, ...), incremental
    threshold : (threshold,), yuan per unit of effect

    Source
    ------
    Stinnett & Mullahy (1998), Medical Decision Making 18(2).
    """
    return (threshold * effect - cost).transpose(..., "threshold")


def acceptability(benefit: xr.DataArray) -> xr.Dataset:
    """Probability that a programme is worth its cost at every threshold, and what certainty would be worth.

    Parameters
    ----------
    benefit : (draw, ..., threshold), yuan, of :func:`net_benefit`

    Returns
    -------
    probability, probability_error : (..., threshold), 1, with the Monte Carlo standard error
    mean, mean_error : (..., threshold), yuan
    perfect_information : (..., threshold), yuan, mean of max(0, benefit) less max(0, mean)

    Source
    ------
    Acceptability curve: van Hout, Al, Gordon & Rutten (1994), Health Economics 3(5). The decision rests on the mean and
    not on the probability: Fenwick, Claxton & Sculpher (2001), Health Economics 10(8). Expected value of perfect
    information: Briggs, Sculpher & Claxton (2006), chapter 6.
    """
    draws = benefit.sizes["draw"]
    probability, mean = (benefit > 0).mean("draw"), benefit.mean("draw")
    known = benefit.where(benefit > 0, 0.0).mean("draw")
    return xr.Dataset(
        {
            "probability": probability,
            "probability_error": xr.ufuncs.sqrt(probability * (1 - probability) / draws),
            "mean": mean,
            "mean_error": benefit.std("draw", ddof=1) / np.sqrt(draws),
            "perfect_information": known - mean.where(mean > 0, 0.0),
        }
    )


def cost_per_effect(cost: xr.DataArray, effect: xr.DataArray) -> xr.DataArray:
    """Mean incremental cost over mean incremental effect: (...), yuan per unit; negative where it saves money.

    Raises
    ------
    AssumptionError
        If the mean effect is not positive: the ratio of a programme that does harm, or nothing, cannot be read.
    """
    mean = effect.mean("draw")
    if not bool((mean > 0).all()):
        raise AssumptionError(
            f"programme: a mean effect of {float(mean.min()):g}; its cost per effect is not defined, look at net "
            "benefit"
        )
    return cost.mean("draw") / mean
