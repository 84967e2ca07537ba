"""One person's year through every layer, compiled: bills in, payers out, whole fen throughout.

A rate times an amount is summed exactly over a year, in fen times rate units, and rounded once, half a fen up: for each
service in basic insurance, and for each layer above it. Compiled code is kept beside the module.

What a person has left is three numbers, by service, and tables are read cell by cell: in the inner loop a slice of an
array would cost more than the arithmetic on it.
"""

import numba
import numpy as np

from actuarial.benefit.packed import LAYERS, PAYERS, RATE_UNIT

INPATIENT, CHRONIC, OUTPATIENT, TOGETHER = range(4)
CRITICAL, ASSISTANCE, NET, COMMERCIAL = (LAYERS.index(name) for name in LAYERS)
(_BASIC, _CRITICAL, _ASSISTANCE, _NET, _COMMERCIAL, _ACCOUNT, _OWN, _OUTSIDE) = range(len(PAYERS))
_TIERS, _AREAS = 3, 3
_UNIT, _HALF = np.uint64(RATE_UNIT), np.uint64(RATE_UNIT // 2)


@numba.njit
def _rounded(product):
    return np.int64((np.uint64(product) + _HALF) // _UNIT)


@numba.njit
def _between(upper, rate, rule, case, lower, higher):
    """Sum of rate times amount over the segments between two amounts above the deductible."""
    total = 0
    segment = 0
    while lower < higher:
        end = min(upper[rule, case, segment], higher)
        if end > lower:
            total += rate[rule, case, segment] * (end - lower)
            lower = end
        segment += 1
    return total


@numba.njit
def _taken(payment, counts, rule, layer, inpatient, chronic, outpatient):
    """What is left by service after a payment was taken off those that count, in their order."""
    part = min(payment, inpatient * counts[rule, layer, INPATIENT])
    payment -= part
    inpatient -= part
    part = min(payment, chronic * counts[rule, layer, CHRONIC])
    return inpatient, chronic - part, outpatient - (payment - part)


@numba.njit
def _counted(counts, rule, layer, inpatient, chronic, outpatient):
    """What is left of the services that count."""
    return (
        counts[rule, layer, INPATIENT] * inpatient
        + counts[rule, layer, CHRONIC] * chronic
        + counts[rule, layer, OUTPATIENT] * outpatient
    )


@numba.njit
def _aid(deductible, rates, counts, rule, earlier, inpatient, chronic, outpatient):
    """Exact medical assistance below its cap; earlier payments count as inpatient ones, and first."""
    waived = min(deductible, earlier)
    exact = rates[rule, INPATIENT] * (earlier - waived)
    rest = deductible - waived
    inpatient *= counts[rule, ASSISTANCE, INPATIENT]
    waived = min(rest, inpatient)
    exact += rates[rule, INPATIENT] * (inpatient - waived)
    rest -= waived
    chronic *= counts[rule, ASSISTANCE, CHRONIC]
    waived = min(rest, chronic)
    exact += rates[rule, CHRONIC] * (chronic - waived)
    rest -= waived
    outpatient *= counts[rule, ASSISTANCE, OUTPATIENT]
    return exact + rates[rule, OUTPATIENT] * (outpatient - min(rest, outpatient))


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
    deductibles, upper, rate, caps = tables.deductible, tables.upper, tables.rate, tables.cap
    counts, layer_deductible, layer_cap = tables.counts, tables.layer_deductible, tables.layer_cap
    layer_upper, layer_rate, has_layer = tables.layer_upper, tables.layer_rate, tables.has_layer
    service_rate, net_rate, full_cover = tables.service_rate, tables.net_rate, tables.full_cover
    service_of, tier_of, area_of = bills.service, bills.tier, bills.area
    admission_of, amount_of, in_scope_of, offsets = bills.admission, bills.amount, bills.in_scope, bills.offsets
    rule_of, policy_of, balance_of, earlier_of = persons.rule, persons.has_policy, persons.balance, persons.earlier
    last_admission = deductibles.shape[2]
    largest = 0
    for person in range(start, stop):
        rule = rule_of[person]
        inpatient, chronic, outpatient, outside = 0, 0, 0, 0
        inpatient_above, chronic_above, outpatient_above = 0, 0, 0
        inpatient_exact, chronic_exact, outpatient_exact = 0, 0, 0
        chronic_used, outpatient_used = 0, 0
        free = full_cover[rule]
        # Basic insurance, bill by bill.
        for bill in range(offsets[person], offsets[person + 1]):
            service = service_of[bill]
            case = (service * _TIERS + tier_of[bill]) * _AREAS + area_of[bill]
            cost = in_scope_of[bill]
            outside += amount_of[bill] - cost
            if service == INPATIENT:
                inpatient += cost
                number = min(admission_of[bill], last_admission) - 1
                reached = inpatient_above + max(0, cost - deductibles[rule, case, number])
                inpatient_exact += _between(upper, rate, rule, case, inpatient_above, reached)
                inpatient_above = reached
            elif service == CHRONIC:
                chronic += cost
                part = min(cost, free)
                free -= part
                cost -= part
                part = min(cost, max(0, deductibles[rule, case, 0] - chronic_used))
                chronic_used += part
                reached = chronic_above + cost - part
                chronic_exact += _between(upper, rate, rule, case, chronic_above, reached)
                chronic_above = reached
            else:
                outpatient += cost
                part = min(cost, max(0, deductibles[rule, case, 0] - outpatient_used))
                outpatient_used += part
                reached = outpatient_above + cost - part
                outpatient_exact += _between(upper, rate, rule, case, outpatient_above, reached)
                outpatient_above = reached
        earlier = earlier_of[person]
        largest = max(largest, inpatient + chronic + outpatient + outside + earlier)
        room = caps[rule, TOGETHER]
        inpatient_paid = min(min(_rounded(inpatient_exact), caps[rule, INPATIENT]), room)
        room -= inpatient_paid
        chronic_paid = min(min(_rounded(chronic_exact), caps[rule, CHRONIC]), room)
        room -= chronic_paid
        outpatient_paid = min(min(_rounded(outpatient_exact), caps[rule, OUTPATIENT]), room)
        chronic_paid += full_cover[rule] - free
        basic = inpatient_paid + chronic_paid + outpatient_paid
        inpatient -= inpatient_paid
        chronic -= chronic_paid
        outpatient -= outpatient_paid
        # The layers of the year.
        critical, aid, net, commercial = 0, 0, 0, 0
        above = _counted(counts, rule, CRITICAL, inpatient, chronic, outpatient) - layer_deductible[rule, CRITICAL]
        if above > 0:
            exact = _between(layer_upper, layer_rate, rule, CRITICAL, 0, above)
            critical = min(_rounded(exact), layer_cap[rule, CRITICAL])
            inpatient, chronic, outpatient = _taken(critical, counts, rule, CRITICAL, inpatient, chronic, outpatient)
        if has_layer[rule, ASSISTANCE]:
            waived = layer_deductible[rule, ASSISTANCE]
            exact = _aid(waived, service_rate, counts, rule, earlier, inpatient, chronic, outpatient)
            aid = min(_rounded(exact), layer_cap[rule, ASSISTANCE])
            part = min(aid, earlier)
            earlier -= part
            inpatient, chronic, outpatient = _taken(
                aid - part, counts, rule, ASSISTANCE, inpatient, chronic, outpatient
            )
        if has_layer[rule, NET]:
            looked_back = earlier * counts[rule, NET, INPATIENT]
            above = _counted(counts, rule, NET, inpatient, chronic, outpatient) + looked_back
            above -= layer_deductible[rule, NET]
            if above > 0:
                net = _rounded(net_rate[rule] * above)
                part = min(net, looked_back)
                earlier -= part
                inpatient, chronic, outpatient = _taken(net - part, counts, rule, NET, inpatient, chronic, outpatient)
        if has_layer[rule, COMMERCIAL]:
            above = _counted(counts, rule, COMMERCIAL, inpatient, chronic, outpatient)
            above -= layer_deductible[rule, COMMERCIAL]
            if above > 0 and policy_of[person]:
                exact = _between(layer_upper, layer_rate, rule, COMMERCIAL, 0, above)
                commercial = min(_rounded(exact), layer_cap[rule, COMMERCIAL])
        rest = inpatient + chronic + outpatient - commercial
        account = min(balance_of[person], rest)
        own[person] = rest - account
        payers[_BASIC, person] = basic
        payers[_CRITICAL, person] = critical
        payers[_ASSISTANCE, person] = aid
        payers[_NET, person] = net
        payers[_COMMERCIAL, person] = commercial
        payers[_ACCOUNT, person] = account
        payers[_OWN, person] = rest - account + earlier
        payers[_OUTSIDE, person] = outside
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
            pool[household[person]] += balance[person] - payers[_ACCOUNT, person]
    for person in range(household.size):
        if household[person] >= 0:
            part = min(pool[household[person]], own[person])
            pool[household[person]] -= part
            own[person] -= part
            payers[_ACCOUNT, person] += part
            payers[_OWN, person] -= part
