"""Simulated persons and curves: two ways to the same payments, over the whole range of scales."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from actuarial.benefit.curves import payment_curves, payments
from actuarial.benefit.layers import LAYERS, band_payments
from actuarial.benefit.persons import payers_of
from actuarial.benefit.rules import BenefitRules
from actuarial.spending.severity import Severity, sample
from tests.benefit.ruled import PATTERNS, bills_of, persons_of, rules_of
from tests.spending.test_severity import of, plain

RANGE, PARTICIPATION = (0.2, 8.0), 0.4
PERSONS, ENOUGH = 200_000, 100
CATEGORIES = ("none", "subsistence")
# With a tail heavier than this the error of own payments, whose variance barely exists, cannot be told from a sample.
SEVERITIES = {"spliced": of(tail_index=3.5), "log_normal": plain(8.4, 1.5, 0.07)}
PAYERS = {
    "basic": LAYERS[:3],
    "critical": ("critical",),
    "assistance": ("assistance",),
    "safety_net": ("safety_net",),
    "commercial": ("commercial",),
    "own": ("own",),
}


def ruled(category: str) -> BenefitRules:
    """Rules under which the safety net is no rarity."""
    rules = rules_of(category, PARTICIPATION)
    if rules.assistance is None or rules.safety_net is None:
        return rules
    aid, net = replace(rules.assistance, cap=3_000.0), replace(rules.safety_net, threshold=4_000.0)
    return replace(rules, assistance=aid, safety_net=net)


def simulated(severity: Severity, category: str, scale: float, rng: np.random.Generator) -> np.ndarray:
    """Payments of independent persons, each with a pattern of the band of the cost before it was scaled; fen."""
    base = sample(severity, PERSONS, rng).values
    lowers = np.array(sorted({pattern.lower for pattern in PATTERNS}))
    band = lowers[np.searchsorted(lowers, base, side="right") - 1]
    chance, found = rng.random(PERSONS), []
    for lower in lowers:
        reached = 0.0
        for pattern in (pattern for pattern in PATTERNS if pattern.lower == lower):
            here = (band == lower) & (chance >= reached) & (chance < reached + pattern.share)
            reached += pattern.share
            cost = np.rint(base[here] * scale * 100).astype("int64")
            has_policy = rng.random(cost.size) < PARTICIPATION
            payers = payers_of(bills_of(cost, pattern), persons_of(cost.size, has_policy), [ruled(category)])
            payers["own"] = payers["account"] + payers["out_of_pocket"]
            found.append(np.column_stack([payers[name].values for name in PAYERS]))
    return np.concatenate(found)


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("form", SEVERITIES)
def test_persons_and_curves_agree_over_the_range(form, category):
    """At four standard errors, wherever a layer pays for persons enough to know its error from them."""
    severity, rng, compared = SEVERITIES[form], np.random.default_rng(2026), dict.fromkeys(PAYERS, 0)
    curves = payment_curves(severity, band_payments(ruled(category), PATTERNS), *RANGE, 300, 0.1)
    for scale in np.geomspace(*RANGE, 5):
        paid = simulated(severity, category, float(scale), rng) / 100
        assert paid.shape[0] == PERSONS
        expected = payments(curves, xr.DataArray(np.clip(scale, *RANGE)))
        for place, (name, layers) in enumerate(PAYERS.items()):
            own = expected.sel(layer=list(layers)).sum("layer").item()
            error = paid[:, place].std() / np.sqrt(PERSONS)
            if (paid[:, place] > 0).sum() >= ENOUGH:
                compared[name] += 1
                # Payments of persons are rounded to the fen.
                assert abs(paid[:, place].mean() - own) <= 4 * error + 0.01
    present = [name for name in PAYERS if category != "none" or name not in ("assistance", "safety_net")]
    assert all(compared[name] >= 2 for name in present)
