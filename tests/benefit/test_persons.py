from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from math import inf

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from actuarial.benefit.grouping import grouped
from actuarial.benefit.packed import LARGEST_BILL, PAYERS, fen, pack, rate_units
from actuarial.benefit.persons import Bills, looked_back, payers_of, rule_numbers
from actuarial.benefit.rules import SERVICES, BenefitRules, Segment
from actuarial.errors import AssumptionError, SchemaError
from tests.benefit.drawn import people, tables
from tests.benefit.example import Example, example_frame, rules_of, written_down


def exact(yuan: float) -> Fraction:
    """Yuan as written, in fen; what is infinite is beyond every bill."""
    return Fraction(10**30) if yuan == inf else Fraction(Decimal(repr(float(yuan)))) * 100


def nothing(names: Iterable[str]) -> dict[str, Fraction]:
    return dict.fromkeys(names, Fraction(0))


def half_up(amount: Fraction) -> Fraction:
    return Fraction((amount + Fraction(1, 2)).__floor__())


def by_segment(segments: tuple[Segment, ...], cost: Fraction) -> Fraction:
    """What is paid of a cost above the deductible."""
    total = Fraction(0)
    for segment in segments:
        width = min(cost, exact(segment.upper)) - exact(segment.lower)
        total += Fraction(round(segment.rate * 10**8), 10**8) * Fraction(max(0, width))
    return total


def worked_out(person: Example, rules: BenefitRules) -> dict[str, int]:
    """Who pays, from the records, in exact fractions of a fen; written without looking at the kernel."""
    left, due, above, used = (nothing(SERVICES) for _ in range(4))
    paid = nothing(PAYERS)
    free, admission = exact(rules.basic.full_cover), 0
    for service, tier, area, amount, in_scope in person.bills:
        care = rules.basic.care[service, tier, area]
        cost = Fraction(round(in_scope * 100))
        paid["out_of_scope"] += round(amount * 100) - cost
        left[service] += cost
        if service == "chronic":
            part = min(cost, free)
            free, cost = free - part, cost - part
            paid["basic"] += part
            left[service] -= part
        if service == "inpatient":
            deductible = exact(care.deductibles[min(admission, len(care.deductibles) - 1)])
            admission += 1
        else:
            deductible = max(Fraction(0), exact(care.deductibles[0]) - used[service])
        off = min(cost, deductible)
        used[service] += off
        reached = above[service] + cost - off
        due[service] += by_segment(care.segments, reached) - by_segment(care.segments, above[service])
        above[service] = reached
    room = exact(rules.basic.cap)
    for service in SERVICES:
        part = min(half_up(due[service]), exact(rules.basic.caps[service]), room)
        room, left[service] = room - part, left[service] - part
        paid["basic"] += part

    def take(payment: Fraction, services) -> None:
        for service in services:
            part = min(payment, left[service])
            left[service] -= part
            payment -= part
        assert payment == 0

    def over(layer) -> Fraction:
        base = sum((left[service] for service in layer.services), Fraction(0))
        cost = max(Fraction(0), base - exact(layer.deductible))
        return min(half_up(by_segment(layer.segments, cost)), exact(layer.cap))

    paid["critical"] = over(rules.critical)
    take(paid["critical"], rules.critical.services)
    earlier = Fraction(round(person.earlier * 100))
    if rules.assistance is not None:
        rates = rules.assistance.rates
        parts = [
            (earlier, rates["inpatient"]),
            *((left[service], rates[service]) for service in SERVICES if service in rates),
        ]
        waived, total = exact(rules.assistance.deductible), Fraction(0)
        for part, rate in parts:
            off = min(waived, part)
            waived -= off
            total += Fraction(round(rate * 10**8), 10**8) * (part - off)
        paid["assistance"] = min(half_up(total), exact(rules.assistance.cap))
        back = min(paid["assistance"], earlier)
        earlier -= back
        take(paid["assistance"] - back, [service for service in SERVICES if service in rates])
    if rules.safety_net is not None:
        services = rules.safety_net.services
        counted = earlier if "inpatient" in services else Fraction(0)
        base = counted + sum((left[service] for service in services), Fraction(0))
        cost = max(Fraction(0), base - exact(rules.safety_net.threshold))
        paid["safety_net"] = half_up(Fraction(round(rules.safety_net.rate * 10**8), 10**8) * cost)
        back = min(paid["safety_net"], counted)
        earlier -= back
        take(paid["safety_net"] - back, services)
    if rules.commercial is not None and person.has_policy:
        paid["commercial"] = over(rules.commercial.layer)
        take(paid["commercial"], rules.commercial.layer.services)
    rest = sum(left.values(), Fraction(0))
    paid["account"] = min(Fraction(round(person.balance * 100)), rest)
    paid["out_of_pocket"] = rest - paid["account"] + earlier
    return {name: int(amount) for name, amount in paid.items()}


@settings(max_examples=40)
@given(tables(), st.lists(people(), min_size=1, max_size=5))
def test_payers_are_those_of_exact_fractions(frame, persons):
    rules = [rules_of(frame, person) for person in persons]
    settled = payers_of(*written_down(persons), rules)
    for place, (person, rule) in enumerate(zip(persons, rules, strict=True)):
        assert {name: settled[name].values[place].item() for name in PAYERS} == worked_out(person, rule)


def test_payers_come_with_their_dim_and_unit():
    person = Example("employee", "active", ())
    settled = payers_of(*written_down([person]), [rules_of(example_frame(), person)])
    assert tuple(settled) == PAYERS
    assert {(array.dims, array.dtype.name, array.attrs["units"]) for array in settled.values()} == {
        (("person",), "int64", "fen")
    }


def test_family_is_paid_in_its_order_and_others_are_not():
    bill = ("outpatient", "primary", "local", 100.0, 100.0)
    kinds = ((50.0, 0), (0.0, 0), (0.0, -1), (80.0, 0), (0.0, 1))
    persons = [Example("employee", "active", (bill,), balance=balance, household=home) for balance, home in kinds]
    settled = payers_of(*written_down(persons), [rules_of(example_frame(), person) for person in persons])
    np.testing.assert_array_equal(settled["account"], [5_000, 0, 0, 8_000, 0])
    richer = [Example("employee", "active", (bill,), balance=balance * 3, household=home) for balance, home in kinds]
    settled = payers_of(*written_down(richer), [rules_of(example_frame(), person) for person in richer])
    np.testing.assert_array_equal(settled["account"], [10_000, 10_000, 0, 10_000, 0])


def test_months_looked_back_are_those_before_recognition():
    months = xr.DataArray(np.ones((3, 24), dtype="int64"), {"month": range(-24, 0)}, ("person", "month"))
    np.testing.assert_array_equal(looked_back(months, xr.DataArray([0, 4, 12], dims="person"), 12), [12, 8, 0])


def test_lookback_that_ends_within_the_year_is_refused():
    months = xr.DataArray(np.ones((1, 12), dtype="int64"), {"month": range(-12, 0)}, ("person", "month"))
    with pytest.raises(
        AssumptionError, match="6 months before a recognition in month 7 of the year leave its first months"
    ):
        looked_back(months, xr.DataArray([7], dims="person"), 6)
    with pytest.raises(AssumptionError, match="own_payments: from month -12 on, -18 is looked back to"):
        looked_back(months, xr.DataArray([0], dims="person"), 18)


def test_rules_are_found_by_kind_of_member():
    persons = [
        Example("employee", "active", ()),
        Example("resident", "adult", (), "near_poor"),
        Example("employee", "active", (), age=45),
    ]
    rules = [rules_of(example_frame(), person) for person in persons]
    labels = {
        "region": np.array(["330201", "330201", "330201"]),
        "scheme": np.array(["resident", "employee", "employee"]),
        "status": np.array(["adult", "active", "active"]),
        "category": np.array(["near_poor", "none", "none"]),
        "age": np.array([40, 40, 45]),
    }
    np.testing.assert_array_equal(rule_numbers(labels, rules), [1, 0, 2])
    with pytest.raises(
        AssumptionError, match=r"persons: 1 kinds of members have no benefit rules, first .*'near_poor'"
    ):
        rule_numbers(labels, [rules[0], rules[2]])


def one_person(**changes) -> tuple[Bills, list[BenefitRules]]:
    person = Example("employee", "active", (("inpatient", "primary", "local", 10.0, 8.0),))
    bills, _ = written_down([person])
    return bills._replace(**changes), [rules_of(example_frame(), person)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"offsets": np.array([0, 2])}, "bills: offsets do not rise from 0 to the number of bills, 1"),
        ({"tier": np.array([3], dtype="int8")}, "tier: 1 of 1 values outside 0 to 2, first at 0: 3"),
        ({"in_scope": np.array([1_001])}, "in_scope: 1 of 1 values outside 0 to the bill, first at 0: 1001"),
        ({"admission": np.array([0])}, "admission: 1 of 1 values below 1 on an inpatient bill, first at 0: 0"),
    ],
)
def test_bills_that_cannot_be_are_refused(changes, message):
    bills, rules = one_person(**changes)
    _, persons = written_down([Example("employee", "active", ())])
    with pytest.raises(SchemaError) as caught:
        payers_of(bills, persons, rules)
    assert str(caught.value) == message


def test_earlier_payments_without_lookback_are_refused():
    person = Example("resident", "adult", (), earlier=1.0)
    with pytest.raises(AssumptionError, match="earlier: 1 persons bring payments forward, first person 0; no lookback"):
        payers_of(*written_down([person]), [rules_of(example_frame(), person)])


def test_year_too_large_to_be_settled_exactly_is_refused():
    bills = (("inpatient", "primary", "local", 6e8, 6e8),) * 2
    person = Example("employee", "active", bills)
    with pytest.raises(SchemaError, match=f"comes to 120000000000 fen; up to {LARGEST_BILL} fen are settled"):
        payers_of(*written_down([person]), [rules_of(example_frame(), person)])


def test_amounts_and_rates_are_packed_as_written():
    assert [fen(amount) for amount in (1.005, 0.29, 1_200.0)] == [101, 29, 120_000]
    assert rate_units(0.86 * 0.9) == 77_400_000
    with pytest.raises(AssumptionError, match=r"rate: 0\.123456789 has more than 8 decimals: round it"):
        rate_units(0.123456789)
    with pytest.raises(AssumptionError, match="rules: none"):
        pack([])


def test_bills_are_grouped_in_their_order():
    rng = np.random.default_rng(7)
    person = rng.integers(0, 50, 1_000)
    columns = [rng.integers(0, 100, 1_000) for _ in range(6)]
    found = grouped(person, 51, *columns)
    order = np.argsort(person, kind="stable")
    np.testing.assert_array_equal(np.diff(found.offsets), np.bincount(person, minlength=51))
    for column, moved in zip(columns, found[1:], strict=True):
        np.testing.assert_array_equal(moved, column[order])
    with pytest.raises(SchemaError, match="person: 0 to 49, outside 0 to 39"):
        grouped(person, 40, *columns)
