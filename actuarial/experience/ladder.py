"""The ladder of samplings: a fit that its gate refuses is tried once more with more draws; every rung is recorded."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

from actuarial.errors import AssumptionError
from actuarial.experience.indication import REFUSED
from actuarial.experience.sampling import Diagnostics, Sampling


def climb_ladder[P](
    fit: Callable[[Sampling], P], rungs: Sequence[tuple[int, int, float]], sampling: Sampling
) -> tuple[P | None, list[dict[str, object]]]:
    """The first posterior that its gate lets through, and every rung that was tried.

    Parameters
    ----------
    fit : raises AssumptionError where a diagnostic refuses
    rungs : draws, tuning and acceptance of each attempt
    sampling : everything else; the same seed at every rung
    """
    tried: list[dict[str, object]] = []
    for draws, tuning, acceptance in rungs:
        asked = replace(sampling, draws=draws, tuning=tuning, acceptance=acceptance)
        rung = {"chains": asked.chains, "draws": draws, "tuning": tuning, "acceptance": acceptance}
        try:
            posterior = fit(asked)
        except AssumptionError as refusal:
            tried.append({**rung, "outcome": REFUSED, "reason": str(refusal)})
        else:
            tried.append({**rung, "outcome": "passed", "reason": ""})
            return posterior, tried
    return None, tried


def measured(diagnostics: Diagnostics) -> dict[str, float]:
    """Diagnostics as plain numbers."""
    return {name: float(value) for name, value in asdict(diagnostics).items()}
