"""One person's year through every layer, compiled: bills in, payers out, whole fen throughout.

A rate times an amount is summed exactly over a year, in fen times rate units, and rounded once, half a fen up:
for each service in basic insurance, and for each layer above it. Compiled code is kept beside the module.
"""

import numba
import numpy as np

from actuarial.benefit.packed import RATE_UNIT

INPATIENT, CHRONIC = 0, 1
BASIC, CRITICAL, ASSISTANCE, SAFETY_NET, COMMERCIAL, ACCOUNT, OUT_OF_POCKET, OUT_OF_SCOPE = range(8)
_SERVICES, _TIERS, _AREAS = 3, 3, 3
_HALF = RATE_UNIT // 2
_LAYER_CRITICAL, _LAYER_ASSISTANCE, _LAYER_NET, _LAYER_COMMERCIAL = range(4)


@numba.njit(inline="always")
def _rounded(product):
    return (product + _HALF) // RATE_UNIT


@numba.njit(inline="always")
def _between(upper, rate, lower, higher):
    """Sum of rate times amount over the segments between two amounts above the deductible."""
    total = 0
    segment = 0
    while lower < higher:
        end = min(upper[segment], higher)
        if end > lower:
            total += rate[segment] * (end - lower)
            lower = end
        segment += 1
    return total


@numba.njit(inline="always")
def _take(payment, left, counts):
    """Take a payment off the services that count, in their order."""
    for service in range(_SERVICES):
        if counts[service]:
            part = min(payment, left[service])
            left[service] -= part
            payment -= part


@numba.njit(inline="always")
def _counted(left, counts):
    total = 0
    for service in range(_SERVICES):
        if counts[service]:
            total += left[service]
    return total


@numba.njit(inline="always")
def _layer(tables, rule, number, left):
    """A layer with segments over the year's cost of its services; pays, and takes the payment off."""
    counts = tables.counts[rule, number]
    above = _counted(left, counts) - tables.layer_deductible[rule, number]
    if above <= 0:
        return 0
    exact = _between(tables.layer_upper[rule, number], tables.layer_rate[rule, number], 0, above)
    payment = min(_rounded(exact), tables.layer_cap[rule, number])
    _take(payment, left, counts)
    return payment


@numba.njit(inline="always")
def _assistance(tables, rule, left, earlier):
    """Medical assistance: payment, and what it leaves of earlier payments, which count as inpatient and go first."""
    waived = tables.layer_deductible[rule, _LAYER_ASSISTANCE]
    counts = tables.counts[rule, _LAYER_ASSISTANCE]
    part = min(waived, earlier)
    exact = tables.service_rate[rule, INPATIENT] * (earlier - part)
    waived -= part
    for service in range(_SERVICES):
        if counts[service]:
            part = min(waived, left[service])
            exact += tables.service_rate[rule, service] * (left[service] - part)
            waived -= part
    payment = min(_rounded(exact), tables.layer_cap[rule, _LAYER_ASSISTANCE])
    part = min(payment, earlier)
    _take(payment - part, left, counts)
    return payment, earlier - part


@numba.njit(inline="always")
def _safety_net(tables, rule, left, earlier):
    counts = tables.counts[rule, _LAYER_NET]
    base = _counted(left, counts) + (earlier if counts[INPATIENT] else 0)
    above = base - tables.layer_deductible[rule, _LAYER_NET]
    if above <= 0:
        return 0, earlier
    payment = _rounded(tables.net_rate[rule] * above)
    part = min(payment, earlier) if counts[INPATIENT] else 0
    _take(payment - part, left, counts)
    return payment, earlier - part


@numba.njit(inline="always")
def _basic(tables, rule, bills, first, last, left, above, exact):
    """Basic insurance over a person's bills in their order; pays, and gives the part of the bills out of scope."""
    for service in range(_SERVICES):
        left[service] = 0
        above[service] = 0
        exact[service] = 0
    used_chronic, used_outpatient, out_of_scope = 0, 0, 0
    free = tables.full_cover[rule]
    for bill in range(first, last):
        service = bills.service[bill]
        case = (service * _TIERS + bills.tier[bill]) * _AREAS + bills.area[bill]
        cost = bills.in_scope[bill]
        out_of_scope += bills.amount[bill] - cost
        left[service] += cost
        if service == INPATIENT:
            admission = min(bills.admission[bill], tables.deductible.shape[2]) - 1
            cost -= min(cost, tables.deductible[rule, case, admission])
        elif service == CHRONIC:
            part = min(cost, free)
            free -= part
            cost -= part
            part = min(cost, max(0, tables.deductible[rule, case, 0] - used_chronic))
            used_chronic += part
            cost -= part
        else:
            part = min(cost, max(0, tables.deductible[rule, case, 0] - used_outpatient))
            used_outpatient += part
            cost -= part
        start = above[service]
        exact[service] += _between(tables.upper[rule, case], tables.rate[rule, case], start, start + cost)
        above[service] = start + cost
    payment = tables.full_cover[rule] - free
    left[CHRONIC] -= payment
    room = tables.cap[rule, _SERVICES]
    for service in range(_SERVICES):
        part = min(min(_rounded(exact[service]), tables.cap[rule, service]), room)
        room -= part
        left[service] -= part
        payment += part
    return payment, out_of_scope


@numba.njit(cache=True, nogil=True)
def settle(tables, bills, persons, payers, own, start, stop):
    """Fill the payers of the persons from start up to stop.

    Parameters
    ----------
    tables : RuleTables
    bills : Bills
    persons : Persons
    payers : (payer, person), fen; written
    own : (person,), fen; written: the year's own in-scope payments that family accounts may still pay
    start, stop : persons, so that threads can share the work

    Returns
    -------
    largest : fen, the largest yearly bill that was met
    """
    left, above, exact = np.zeros(3, np.int64), np.zeros(3, np.int64), np.zeros(3, np.int64)
    largest = 0
    for person in range(start, stop):
        rule = persons.rule[person]
        first, last = bills.offsets[person], bills.offsets[person + 1]
        basic, out_of_scope = _basic(tables, rule, bills, first, last, left, above, exact)
        earlier = persons.earlier[person]
        largest = max(largest, basic + out_of_scope + left[0] + left[1] + left[2] + earlier)
        critical = _layer(tables, rule, _LAYER_CRITICAL, left)
        assistance, net, commercial = 0, 0, 0
        if tables.has_layer[rule, _LAYER_ASSISTANCE]:
            assistance, earlier = _assistance(tables, rule, left, earlier)
        if tables.has_layer[rule, _LAYER_NET]:
            net, earlier = _safety_net(tables, rule, left, earlier)
        if persons.has_policy[person] and tables.has_layer[rule, _LAYER_COMMERCIAL]:
            commercial = _layer(tables, rule, _LAYER_COMMERCIAL, left)
        rest = left[0] + left[1] + left[2]
        account = min(persons.balance[person], rest)
        own[person] = rest - account
        payers[BASIC, person] = basic
        payers[CRITICAL, person] = critical
        payers[ASSISTANCE, person] = assistance
        payers[SAFETY_NET, person] = net
        payers[COMMERCIAL, person] = commercial
        payers[ACCOUNT, person] = account
        payers[OUT_OF_POCKET, person] = rest - account + earlier
        payers[OUT_OF_SCOPE, person] = out_of_scope
    return largest


@numba.njit(cache=True, nogil=True)
def share_accounts(household, balance, payers, own):
    """Let what is left of accounts pay for the family: persons in their order, until the household's is used up."""
    households = 0
    for person in range(household.size):
        households = max(households, household[person] + 1)
    pool = np.zeros(households, np.int64)
    for person in range(household.size):
        if household[person] >= 0:
            pool[household[person]] += balance[person] - payers[ACCOUNT, person]
    for person in range(household.size):
        if household[person] >= 0:
            part = min(pool[household[person]], own[person])
            pool[household[person]] -= part
            own[person] -= part
            payers[ACCOUNT, person] += part
            payers[OUT_OF_POCKET, person] -= part
