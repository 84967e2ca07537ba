"""Simulated persons with their bills, and who pays them: every layer in order, to the fen.

What a person is entitled to is given by a number in a list of rules; bills stand person by person, in the order of the
year. The payers of a person add up to the bills of the year and the looked-back payments that were brought forward.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from actuarial.benefit.kernel import settle, share_accounts
from actuarial.benefit.packed import LARGEST_BILL, PAYERS, RuleTables, pack
from actuarial.benefit.rules import AREAS, SERVICES, TIERS, BenefitRules
from actuarial.errors import AssumptionError, SchemaError

ALONE = -1


class Bills(NamedTuple):
    """Bills of many persons, person by person, each person's in the order of the year.

    Attributes
    ----------
    offsets : (person + 1,), where each person's bills begin and the last one's end
    service, tier, area : (bill,), places in SERVICES, TIERS, AREAS
    admission : (bill,), number of the admission in the person's year, from 1; 0 where the service is not inpatient
    amount, in_scope : (bill,), fen, the bill and the part of it to which the rules apply
    """

    offsets: np.ndarray
    service: np.ndarray
    tier: np.ndarray
    area: np.ndarray
    admission: np.ndarray
    amount: np.ndarray
    in_scope: np.ndarray


class Persons(NamedTuple):
    """Who they are, as far as their bills are concerned.

    Attributes
    ----------
    rule : (person,), place in the list of rules
    has_policy : (person,), whether a commercial policy is held
    balance : (person,), fen on the personal account that may be spent
    household : (person,), number of the household whose accounts are shared, from 0; ALONE where none is
    earlier : (person,), fen of own in-scope inpatient payments of the looked-back months before the year
    """

    rule: np.ndarray
    has_policy: np.ndarray
    balance: np.ndarray
    household: np.ndarray
    earlier: np.ndarray


def payers_of(bills: Bills, persons: Persons, rules: Sequence[BenefitRules]) -> xr.Dataset:
    """Who pays the year's bills of each person.

    Raises
    ------
    SchemaError, AssumptionError
        As check_bills and check_persons.

    Returns
    -------
    one variable for each of PAYERS : (person,), fen, int64
    """
    tables = pack(rules)
    check_bills(bills)
    check_persons(bills, persons, tables, rules)
    payers = np.empty((len(PAYERS), persons.rule.size), dtype="int64")
    own = np.empty(persons.rule.size, dtype="int64")
    largest = settle(tables, bills, persons, payers, own, 0, persons.rule.size)
    if largest > LARGEST_BILL:
        raise SchemaError(
            f"bills: a person's year comes to {largest} fen; up to {LARGEST_BILL} fen are settled without loss"
        )
    share_accounts(persons.household, persons.balance, payers, own)
    columns = {name: ("person", payers[place], {"units": "fen"}) for place, name in enumerate(PAYERS)}
    return xr.Dataset(columns)


def rule_numbers(labels: Mapping[str, np.ndarray], rules: Sequence[BenefitRules]) -> np.ndarray:
    """Place in the list of rules of each person.

    Parameters
    ----------
    labels : region, scheme, status, category, age, (person,) each; the age is that of the rules, such as the first age
        from which on they hold

    Raises
    ------
    AssumptionError
        If a kind of member that occurs has no rules.
    """
    names = ("region", "scheme", "status", "category", "age")
    places = {tuple(str(getattr(rule.member, name)) for name in names): place for place, rule in enumerate(rules)}
    kinds = np.rec.fromarrays([np.asarray(labels[name]).astype(str) for name in names])
    found, inverse = np.unique(kinds, return_inverse=True)
    missing = [kind for kind in (tuple(map(str, kind)) for kind in found.tolist()) if kind not in places]
    if missing:
        named = dict(zip(names, missing[0], strict=True))
        raise AssumptionError(f"persons: {len(missing)} kinds of members have no benefit rules, first {named}")
    return np.array([places[tuple(map(str, kind))] for kind in found.tolist()], dtype="int64")[inverse]


def looked_back(own_payments: xr.DataArray, recognised: xr.DataArray, lookback: int) -> xr.DataArray:
    """Own payments of the months before the year that count as this year's, for persons recognised in it.

    Parameters
    ----------
    own_payments : (person, month), fen; month -1 is the last one before the year, -12 the twelfth
        What was left of in-scope inpatient cost by basic and critical illness insurance, and paid.
    recognised : (person,), month of recognition, 0 for the first of the year
    lookback : months before recognition that count

    Returns
    -------
    (person,), fen

    Raises
    ------
    AssumptionError
        If the months looked back end within the year, so that not all of its bills would count; or months are missing.

    Source
    ------
    Interview with the bureaus of Ningbo (2021): costs of the 12 months before recognition. What is paid within the year
    counts with the year.
    """
    latest = int(recognised.max())
    if latest > lookback:
        raise AssumptionError(
            f"lookback: {lookback} months before a recognition in month {latest} of the year leave its first months "
            "out; settle those persons by month"
        )
    first = int((recognised - lookback).min())
    if int(own_payments["month"].min()) > first:
        raise AssumptionError(
            f"own_payments: from month {int(own_payments['month'].min())} on, {first} is looked back to"
        )
    counts = (own_payments["month"] >= recognised - lookback) & (own_payments["month"] < 0)
    return own_payments.where(counts, 0).sum("month").astype("int64")


def check_bills(bills: Bills) -> None:
    """Bills as the kernel needs them.

    Raises
    ------
    SchemaError
        If offsets do not cover the bills, a code is not one of the labels, an amount is negative or its in-scope part
        above it, or an inpatient bill has no admission number.
    """
    offsets, count = bills.offsets, bills.amount.size
    if offsets[0] != 0 or offsets[-1] != count or np.any(np.diff(offsets) < 0):
        raise SchemaError(f"bills: offsets do not rise from 0 to the number of bills, {count}")
    for name, labels in (("service", SERVICES), ("tier", TIERS), ("area", AREAS)):
        codes = getattr(bills, name)
        _refuse(name, codes, (codes < 0) | (codes >= len(labels)), f"outside 0 to {len(labels) - 1}")
    _refuse("in_scope", bills.in_scope, (bills.in_scope < 0) | (bills.in_scope > bills.amount), "outside 0 to the bill")
    is_inpatient = bills.service == SERVICES.index("inpatient")
    _refuse("admission", bills.admission, is_inpatient & (bills.admission < 1), "below 1 on an inpatient bill")
    _refuse("amount", bills.amount, bills.amount > LARGEST_BILL, f"above {LARGEST_BILL} fen")


def check_persons(bills: Bills, persons: Persons, tables: RuleTables, rules: Sequence[BenefitRules]) -> None:
    """Persons as the kernel needs them.

    Raises
    ------
    SchemaError
        If their number differs from that of the bills, a rule is not in the list, or a household or an amount is
        negative.
    AssumptionError
        If earlier payments are brought forward where the rules look back on none.
    """
    count = bills.offsets.size - 1
    sizes = {name: column.size for name, column in persons._asdict().items()}
    if set(sizes.values()) != {count}:
        raise SchemaError(f"persons: bills are of {count} persons, columns of {sizes}")
    _refuse("rule", persons.rule, (persons.rule < 0) | (persons.rule >= len(rules)), "not in the list of rules")
    for name in ("balance", "earlier"):
        amounts = getattr(persons, name)
        _refuse(name, amounts, (amounts < 0) | (amounts > LARGEST_BILL), f"outside 0 to {LARGEST_BILL} fen")
    _refuse("household", persons.household, (persons.household < ALONE) | (persons.household >= count), "no household")
    has_none = (persons.earlier > 0) & (tables.lookback[persons.rule] == 0)
    if np.any(has_none):
        person = int(np.argmax(has_none))
        raise AssumptionError(
            f"earlier: {int(has_none.sum())} persons bring payments forward, first person {person}; "
            f"no lookback is ruled for {rules[persons.rule[person]].member}"
        )


def _refuse(name: str, values: np.ndarray, is_wrong: np.ndarray, fault: str) -> None:
    if np.any(is_wrong):
        place = int(np.argmax(is_wrong))
        raise SchemaError(
            f"{name}: {int(is_wrong.sum())} of {values.size} values {fault}, first at {place}: {values[place]}"
        )
