"""What every table of rules and every year of bills must keep."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actuarial.benefit.persons import PAYERS, payers_of
from tests.benefit.drawn import LARGE, YUAN, people, row, tables
from tests.benefit.example import Example, fen, rules_of, written_down

# A table of rules is large: fewer of them, each with all of its layers.
FEW = settings(max_examples=40)
PUBLIC = ("basic", "critical", "assistance", "safety_net")
PERSON = ("account", "out_of_pocket", "out_of_scope")


def paid(frame: pd.DataFrame, *persons: Example) -> list[dict[str, int]]:
    """Payers of each person, fen."""
    settled = payers_of(*written_down(persons), [rules_of(frame, person) for person in persons])
    return [{name: settled[name].values[place].item() for name in PAYERS} for place in range(len(persons))]


def in_scope(person: Example) -> int:
    return sum(fen(bill[4]) for bill in person.bills) + fen(person.earlier)


def raised(frame: pd.DataFrame, by: float, **columns: str) -> pd.DataFrame:
    """The table with the value of every matching row higher."""
    matches = np.logical_and.reduce([frame[name] == value for name, value in columns.items()])
    assert matches.any()
    return frame.assign(value=frame["value"] + by * matches)


@FEW
@given(tables(), st.lists(people(), min_size=1, max_size=4))
def test_payers_add_up_to_the_bills(frame, persons):
    for person, payers in zip(persons, paid(frame, *persons), strict=True):
        assert sum(payers.values()) == sum(fen(bill[3]) for bill in person.bills) + fen(person.earlier)
        assert min(payers.values()) >= 0


@FEW
@given(tables(), people())
def test_no_layer_pays_more_than_the_ones_before_left(frame, person):
    (payers,) = paid(frame, person)
    left = in_scope(person) - fen(person.earlier) - payers["basic"]
    assert 0 <= payers["critical"] <= left
    left += fen(person.earlier) - payers["critical"]
    for name in ("assistance", "safety_net", "commercial", "account"):
        assert payers[name] <= left
        left -= payers[name]
    assert payers["out_of_pocket"] == left


@FEW
@given(tables(), people(), YUAN)
def test_layer_does_not_know_what_the_ones_after_it_are(frame, person, more):
    """What is ruled later changes nothing that was paid before."""
    (before,) = paid(frame, person)
    for position, name in enumerate(PUBLIC[1:], 1):
        layer = "assistance" if name == "safety_net" else name
        (after,) = paid(raised(frame, more, layer=layer, parameter="cap"), person)
        first = min(position, PUBLIC.index(layer))
        assert [after[payer] for payer in PUBLIC[:first]] == [before[payer] for payer in PUBLIC[:first]]


@FEW
@given(tables(), people(), YUAN, st.sampled_from(("inpatient", "chronic", "outpatient")))
def test_higher_basic_deductible_never_raises_what_basic_pays(frame, person, more, service):
    harder = raised(frame, more, layer="basic", parameter="deductible", service=service)
    assert paid(harder, person)[0]["basic"] <= paid(frame, person)[0]["basic"]


@FEW
@given(tables(), people(), YUAN)
def test_higher_deductible_of_one_admission_never_raises_what_basic_pays(frame, person, more):
    first = (frame["service"] == "inpatient") & (frame["tier"] == "primary") & (frame["admission"] == 1)
    harder = frame.assign(value=frame["value"] + more * first)
    assert paid(harder, person)[0]["basic"] <= paid(frame, person)[0]["basic"]


@FEW
@given(tables(), people(), LARGE)
def test_higher_critical_deductible_never_raises_what_critical_pays(frame, person, more):
    harder = raised(frame, more, layer="critical", parameter="deductible")
    assert paid(harder, person)[0]["critical"] <= paid(frame, person)[0]["critical"]


@pytest.mark.parametrize("layer", ["basic", "critical", "assistance", "commercial"])
@FEW
@given(tables(), people(), LARGE)
def test_higher_cap_never_lowers_what_its_layer_pays_nor_raises_the_persons_part(layer, frame, person, more):
    (before,) = paid(frame, person)
    (after,) = paid(raised(frame, more, layer=layer, parameter="cap"), person)
    assert after[layer] >= before[layer]
    assert sum(after[name] for name in PERSON) <= sum(before[name] for name in PERSON)


@FEW
@given(tables(), people(category="none"))
def test_assisted_person_never_pays_more_than_the_same_person_not_assisted(frame, person):
    aided = Example(
        "employee", "active", person.bills, "destitute", balance=person.balance, has_policy=person.has_policy
    )
    alone, helped = paid(frame, person, aided)
    assert sum(helped[name] for name in PERSON) <= sum(alone[name] for name in PERSON)
    assert helped["basic"] == alone["basic"]


@FEW
@given(tables(), st.sampled_from(("none", "destitute", "impoverished_by_illness")), LARGE)
def test_zero_cost_costs_nobody_anything(frame, category, balance):
    nothing = ("inpatient", "tertiary", "local", 0.0, 0.0)
    persons = [
        Example("employee", "active", bills, category, balance=balance, has_policy=True) for bills in ((), (nothing,))
    ]
    assert all(set(payers.values()) == {0} for payers in paid(frame, *persons))


@FEW
@given(tables(), st.lists(people(), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_what_is_paid_for_one_person_does_not_depend_on_the_others(frame, persons, random):
    together = paid(frame, *persons)
    order = list(range(len(persons)))
    random.shuffle(order)
    assert paid(frame, *(persons[place] for place in order)) == [together[place] for place in order]


@FEW
@given(tables(), st.lists(people(), min_size=2, max_size=4))
def test_family_pays_no_more_from_accounts_than_they_hold_and_never_less_than_alone(frame, persons):
    family = [
        Example(
            person.scheme,
            person.status,
            person.bills,
            person.category,
            balance=person.balance,
            household=0,
            earlier=person.earlier,
            has_policy=person.has_policy,
        )
        for person in persons
    ]
    alone, together = paid(frame, *persons), paid(frame, *family)
    accounts = sum(payers["account"] for payers in together)
    assert accounts <= sum(fen(person.balance) for person in persons)
    for single, shared in zip(alone, together, strict=True):
        assert shared["account"] >= single["account"]
        assert sum(shared.values()) == sum(single.values())


def test_where_rates_fall_a_higher_deductible_may_cost_basic_insurance_more(falling_rates):
    """So the property above is of rates that do not fall; here 500 more are kept at 10%, and 500 move up to 90%."""
    frame, person = falling_rates
    (before,), (after,) = paid(frame, person), paid(raised(frame, 500, tier="primary", parameter="deductible"), person)
    assert (before["basic"], after["basic"]) == (fen(0.1 * 1_000 + 0.2 * 1_000), fen(0.1 * 500 + 0.9 * 500 + 0.2 * 500))


def test_where_assistance_pays_chronic_cost_better_a_higher_cap_may_cost_the_person_more():
    """So the property of caps is of rates in the order of relief; here relief moves from the stay to drugs aided."""
    frame = pd.DataFrame([
        row("basic", "area_factor", 1.0),
        *(row("basic", "deductible", 0.0, service=service) for service in ("inpatient", "chronic", "outpatient")),
        row("basic", "reimbursement_rate", 0.0),
        row("basic", "reimbursement_rate", 1.0, service="chronic"),
        row("basic", "cap", 0.0, service="chronic"),
        row("basic", "is_uncapped", 1.0),
        row("critical", "deductible", 0.0),
        row("critical", "reimbursement_rate", 0.5),
        row("critical", "is_uncapped", 1.0),
        row("assistance", "reimbursement_rate", 0.0, group="assisted", service="inpatient"),
        row("assistance", "reimbursement_rate", 0.9, group="assisted", service="chronic"),
        row("assistance", "is_uncapped", 1.0),
    ]).astype({"admission": float, "lower": float, "upper": float})  # fmt: skip
    stay, drugs = (("inpatient", 10_000.0), ("chronic", 2_000.0))
    bills = tuple((service, "primary", "local", amount, amount) for service, amount in (stay, drugs))
    person = Example("resident", "adult", bills, "destitute")
    (before,), (after,) = (paid(frame, person), paid(raised(frame, 1_000, parameter="cap", service="chronic"), person))
    # Half of 12,000 off the stay: 4,000 and 2,000 left, 1,800 aided. Half of 11,000: 4,500 and 1,000 left, 900 aided.
    assert (before["out_of_pocket"], after["out_of_pocket"]) == (fen(4_200), fen(4_600))
    assert (before["basic"], after["basic"]) == (0, fen(1_000))


@pytest.fixture
def falling_rates() -> tuple[pd.DataFrame, Example]:
    """A cheap tier first, then a dear one whose first 1,000 of the year are paid best."""
    everywhere = [
        row("basic", "area_factor", 1.0),
        row("basic", "deductible", 0.0, service="inpatient"),
        row("basic", "deductible", 0.0, service="inpatient", tier="primary"),
        row("basic", "deductible", 0.0, service="chronic"),
        row("basic", "deductible", 0.0, service="outpatient"),
        row("basic", "reimbursement_rate", 0.1),
        row("basic", "reimbursement_rate", 0.9, tier="tertiary", lower=0, upper=1_000),
        row("basic", "reimbursement_rate", 0.2, tier="tertiary", lower=1_000),
        row("basic", "is_uncapped", 1.0),
        row("critical", "deductible", 0.0),
        row("critical", "reimbursement_rate", 0.0),
        row("critical", "is_uncapped", 1.0),
    ]
    stays = tuple(("inpatient", tier, "local", 1_000.0, 1_000.0) for tier in ("primary", "tertiary"))
    frame = pd.DataFrame(everywhere).astype({"admission": float, "lower": float, "upper": float})
    return frame, Example("employee", "active", stays)
