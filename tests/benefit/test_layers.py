from dataclasses import replace
from math import inf

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from actuarial.benefit.care import CarePattern
from actuarial.benefit.layers import LAYERS, BandPayments, band_payments, layer_payments, over_patterns
from actuarial.benefit.persons import payers_of
from actuarial.benefit.piecewise import constant, line, payment, total
from actuarial.errors import AssumptionError
from tests.benefit.ruled import PATTERNS, bills_of, patterns, persons_of, rules_of

COSTS = st.lists(st.integers(0, 150_000_000), min_size=1, max_size=20).map(np.array)


def amounts(category: str, pattern: CarePattern, cost: float) -> dict[str, float]:
    functions = layer_payments(rules_of(category, 0.0), pattern)
    return {layer: round(payment(function, cost).item(), 6) for layer, function in functions.items()}


def test_a_member_with_one_admission_by_hand():
    """100,000 yuan, 80,000 of one local tertiary admission, 10,000 chronic, 10,000 outpatient.

    Inpatient: 78,800 above 1,200: 20,000 at 75%, 40,000 at 80%, 18,800 at 85% = 62,980. Chronic: 500 free, 9,300
    above 200 at 70% = 6,510. Outpatient: 9,800 above 200 at 50% = 4,900, capped at 3,000. Left 27,010; critical: 7,010
    above 20,000 at 60% = 4,206. The other 22,804 are the member's own.
    """
    found = amounts("none", CarePattern(0.0, "tertiary", "local", 1, 0.8, 0.1, 1.0), 100_000.0)
    assert found == {
        "basic_inpatient": 62_980,
        "basic_chronic": 7_010,
        "basic_outpatient": 3_000,
        "critical": 4_206,
        "assistance": 0,
        "safety_net": 0,
        "commercial": 0,
        "own": 22_804,
    }


def test_an_assisted_member_with_three_admissions_by_hand():
    """300,000 yuan, 240,000 of them in three local tertiary admissions, 30,000 chronic, 30,000 outpatient.

    Inpatient: 80,000 each, less 1,200, 600, 0 = 238,200: 15,000 + 32,000 + 178,200 at 85% = 198,470, capped at 180,000.
    Chronic: 500 free, 29,300 at 70% = 20,510, of which the 20,000 left of the joint cap of 200,000. Outpatient: none
    left of the cap. Left: inpatient 60,000, chronic 9,500, outpatient 30,000; critical: 89,500 above 10,000: 30,000 at
    80%, 40,000 at 85%, 19,500 at 90% = 75,550, taken off inpatient, chronic and 6,050 of outpatient. Nothing is left
    for assistance; 23,950 are the member's own.
    """
    found = amounts("subsistence", CarePattern(0.0, "tertiary", "local", 3, 0.8, 0.1, 1.0), 300_000.0)
    assert found == {
        "basic_inpatient": 180_000,
        "basic_chronic": 20_500,
        "basic_outpatient": 0,
        "critical": 75_550,
        "assistance": 0,
        "safety_net": 0,
        "commercial": 0,
        "own": 23_950,
    }


def test_assistance_and_its_safety_net_by_hand():
    """80,000 yuan, all in one unreferred tertiary admission, critical insurance only above 70,000.

    78,800 above 1,200: 20,000 at 52.5%, 40,000 at 56%, 18,800 at 59.5% = 44,086. Left 35,914; assistance: 34,914 above
    1,000 at 70% = 24,439.80. With a cap of 2,000 instead 33,914 are left, 3,914 above 30,000 at 90% = 3,522.60.
    """
    pattern = CarePattern(0.0, "tertiary", "unreferred", 1, 1.0, 0.0, 1.0)
    rules = rules_of("subsistence", 0.0)
    aid = rules.assistance
    assert aid is not None
    rules = replace(rules, critical=replace(rules.critical, deductible=70_000.0))
    functions = layer_payments(rules, pattern)
    assert payment(functions["basic_inpatient"], 80_000.0).item() == pytest.approx(44_086)
    assert payment(functions["assistance"], 80_000.0).item() == pytest.approx(24_439.80)
    assert payment(functions["safety_net"], 80_000.0).item() == 0
    capped = layer_payments(replace(rules, assistance=replace(aid, cap=2_000.0)), pattern)
    assert payment(capped["assistance"], 80_000.0).item() == pytest.approx(2_000)
    assert payment(capped["safety_net"], 80_000.0).item() == pytest.approx(3_522.60)


@pytest.mark.parametrize("category", ["none", "subsistence"])
@settings(max_examples=60)
@given(pattern=patterns, cost=COSTS, has_policy=st.booleans())
def test_person_by_person_as_the_bills_say(category, pattern, cost, has_policy):
    """The engine of whole fen, bill by bill, is another derivation."""
    rules = rules_of(category, float(has_policy))
    bills = bills_of(cost, pattern)
    payers = payers_of(bills, persons_of(cost.size, np.full(cost.size, has_policy)), [rules]) / 100
    amount = xr.DataArray(cost / 100, dims="person")
    found = {layer: payment(function, amount) for layer, function in layer_payments(rules, pattern).items()}
    # Parts of the cost and payments are rounded to the fen, some ten times over.
    close = {"rtol": 0, "atol": 0.1}
    basic = sum(found[layer] for layer in LAYERS[:3])
    np.testing.assert_allclose(basic, payers["basic"], **close)
    for layer in ("critical", "assistance", "safety_net", "commercial"):
        np.testing.assert_allclose(found[layer], payers[layer], **close)
    np.testing.assert_allclose(found["own"], payers["account"] + payers["out_of_pocket"], **close)


@settings(max_examples=60)
@given(pattern=patterns, cost=COSTS, participation=st.floats(0, 1))
def test_layers_add_up_to_the_cost(pattern, cost, participation):
    amount = xr.DataArray(cost / 100, dims="person")
    functions = layer_payments(rules_of("near_poor", participation), pattern)
    assert tuple(functions) == LAYERS
    paid = sum(payment(function, amount) for function in functions.values())
    # Sums of a dozen roundings of amounts up to 1.5 million.
    np.testing.assert_allclose(paid, amount, rtol=1e-12, atol=1e-9)


@settings(max_examples=60)
@given(pattern=patterns)
def test_more_cost_is_never_less_for_the_person_nor_for_all_public_layers(pattern):
    functions = layer_payments(rules_of(), pattern)
    together = {
        name: total(*(functions[layer] for layer in LAYERS[:end])) for name, end in (("basic", 3), ("public", 6))
    }
    for name in ("critical", "safety_net", "own", "basic", "public"):
        function = (functions | together)[name]
        # A slope is a difference of roundings over the length of its piece.
        assert min(function.slopes) >= -1e-9
        assert max(function.slopes) <= 1 + 1e-9


def test_assistance_can_fall_with_cost():
    """Critical insurance pays for outpatient cost beyond the basic cap too, but is taken off chronic cost first.

    Of a yuan more, 27 fen chronic, basic pays 18.9 fen, and critical 80% of the other 81.1, 64.88 fen. Chronic cost
    left for assistance grows by 8.1 fen less 64.88; 60% of it is 34.068 fen less.
    """
    pattern = CarePattern(0.0, "primary", "local", 0, 0.0, 0.27, 1.0)
    functions = layer_payments(rules_of("subsistence", 0.0), pattern)
    before, after = (payment(functions["assistance"], cost).item() for cost in (16_100.0, 16_500.0))
    assert after - before == pytest.approx(-0.34068 * 400)


def test_of_a_policy_that_a_share_holds_the_mean_is_paid():
    pattern = PATTERNS[-1]
    whole, none, some = (layer_payments(rules_of("none", share), pattern) for share in (1.0, 0.0, 0.25))
    for layer in ("commercial", "own"):
        mean = 0.25 * payment(whole[layer], 400_000.0) + 0.75 * payment(none[layer], 400_000.0)
        assert payment(some[layer], 400_000.0).item() == pytest.approx(mean.item(), rel=1e-12)
    assert payment(whole["commercial"], 400_000.0).item() > 0


def test_bands_follow_the_patterns_and_weight_them_by_their_shares():
    rules = rules_of()
    bands = band_payments(rules, PATTERNS)
    assert [(band.lower, band.upper) for band in bands] == [(0, 8_000), (8_000, 60_000), (60_000, inf)]
    parts = [payment(layer_payments(rules, pattern)["own"], 50_000.0).item() for pattern in PATTERNS[2:5]]
    expected = np.average(parts, weights=[0.6, 0.3, 0.1])
    assert payment(bands[1].payments["own"], 50_000.0).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: over_patterns(8_000.0, inf, [{"own": line(1.0)}] * 2, [0.5, 0.4]),
            "care from 8000 yuan on: shares of its patterns sum to 0.9, not to 1",
        ),
        (
            lambda: over_patterns(0.0, inf, [{"own": line(1.0)}] * 2, [1.5, -0.5]),
            "care from 0 yuan on: shares of its patterns as low as -0.5 ",
        ),
        (
            lambda: layer_payments(rules_of(), CarePattern(5.0, "primary", "local", 0, 0.4, 0.0, 1.0)),
            "care from 5 yuan on: inpatient cost without admission; give a number",
        ),
        (
            lambda: BandPayments(0.0, inf, {"critical": constant(3.0)}),
            "payments of layer 'critical': 3 yuan at no cost; 0 expected",
        ),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(AssumptionError, match=message):
        call()
