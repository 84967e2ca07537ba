"""Three layers over a million persons: the compiled kernel beside plain NumPy, grouping counted, in one run.

    python -m benchmarks.layers [FOLDER] [PERSONS]     from the root of the checkout

Members of every kind of the city's first region, their yearly costs log-normal, their bills from the city's patterns of
care: basic insurance with deductibles by admission and tier, segments, caps and free medicines; critical illness
insurance; assistance with its safety net; the commercial policy and the account too. Two kinds of year: `yearly`, in
which outpatient and chronic cost is one bill each, as the simulation has it; `visits`, in which each is four, about
seven bills a person. Two beginnings: `by person`, as the simulation gives the bills; `mixed`, as they came.

1. `kernel`: one compiled pass over the persons into arrays that are there already, as for block after block of a run;
   where bills are mixed, a counting sort before it. `fresh`: the same into new arrays, whose memory must be found.
2. `plain`: NumPy as one writes it: lexsort where bills are mixed, sums by `np.add.at`, then bill by bill of the year,
   all persons at once (a yearly deductible that differs by tier is a recursion: a person's bills cannot be taken in one
   step), then layer by layer.
3. `tuned`: with what a profile teaches: a stable sort of short keys, `np.bincount` and `reduceat`, bills found by their
   number in the year, layers evaluated only for those whom they may pay.

All are whole fen and must agree in every number, or the benchmark fails. Times are of the processor, because the
clock of a shared machine says more about the neighbours, and medians of the repeats; threads are timed by the clock.

Measured in November 2026 for Ningbo, a million persons of 25 kinds, 1,856,016 and 6,656,478 bills, on a shared machine
of 2 cores under a load of 15:

    year    beginning  way      seconds   ns a person   ratio
    yearly  by person  kernel     0.032            32       1
    yearly  by person  fresh      0.041            41     1.3
    yearly  by person  plain      0.986           986    30.9
    yearly  by person  tuned      0.266           266     8.3
    yearly  mixed      kernel     0.138           138       1
    yearly  mixed      plain      1.172         1,172     8.5
    yearly  mixed      tuned      0.588           588     4.3
    visits  by person  kernel     0.057            57       1
    visits  by person  plain      1.518         1,518    26.7
    visits  by person  tuned      0.478           478     8.4
    visits  mixed      kernel     0.389           389       1
    visits  mixed      plain      3.219         3,219     8.3
    visits  mixed      tuned      2.321         2,321     6.0

Fifty times is not reached on one core. Reading the bills and writing the payers, and nothing else, takes 10 ms of the
kernel's 30: a limit near 95 that none attains. Tried, each beside the kernel in one run on the same bills (30 to 33
ms): a loop without branches over services, 31 ms; two passes, the second only for those whom a layer above basic pays,
with the rules of the first in a flat book and unsigned places, 31 ms, of which basic insurance 23; numbers of rules in
short integers, 33 ms. Where bills are mixed, moving them costs 0.1 of the 0.138 s: one record
of 24 bytes a bill instead of six columns brings that from 0.083 to 0.050 s, the kernel from 0.038 to 0.041 s, and
both together to about 14 times plain NumPy, still far from 50. Two threads share the persons out: 0.030 and 0.024 s by
the clock in one run at a load below one, 0.041 and 0.042 s in another; such virtual processors need not be cores.
"""

import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import xarray as xr

from actuarial import read_folder
from actuarial.benefit.bills import joined, simulate_bills
from actuarial.benefit.care import care_patterns
from actuarial.benefit.entitlement import benefit_rules
from actuarial.benefit.grouping import grouped
from actuarial.benefit.kernel import settle
from actuarial.benefit.packed import LAYERS, PAYERS, RATE_UNIT, RuleTables, pack
from actuarial.benefit.persons import ALONE, Bills, Persons
from actuarial.benefit.rules import BenefitRules
from actuarial.experience.kinds import lowest_age
from actuarial.schema import CATEGORIES, STATUSES

FOLDER, PERSONS, YEAR, SEED = "data/ningbo", 1_000_000, 2025, 1
AGE = {"child": "0-14", "student": "0-14", "adult": "15-59", "active": "15-59", "retired": "60+"}
# Share of persons without cost, and the logarithm of the others' cost in yuan.
NO_COST, LOG_MEAN, LOG_SPREAD = 0.2, 8.0, 1.5
ASSISTED = 0.04
VISITS = {"yearly": 1, "visits": 4}
INPATIENT, CHRONIC, OUTPATIENT = range(3)
HEADER = f"{'year':8s}{'beginning':14s}{'way':8s}{'seconds':>9s}{'ns a person':>13s}{'ratio':>8s}"

Columns = dict[str, np.ndarray]


def main() -> None:
    """Time every way on the same bills and print one table."""
    folder = sys.argv[1] if len(sys.argv) > 1 else FOLDER
    count = int(sys.argv[2]) if len(sys.argv) > 2 else PERSONS
    print(HEADER)
    for kind, visits in VISITS.items():
        rules, bills, persons = _city(folder, count, visits)
        tables = pack(rules)
        for beginning, columns in (("by person", _by_person(bills)), ("mixed", _mixed(bills))):
            seconds = _timed(columns, persons, tables)
            for way, value in seconds.items():
                figures = f"{value:9.3f}{value / count * 1e9:13.0f}{value / seconds['kernel']:8.1f}"
                print(f"{kind:8s}{beginning:14s}{way:8s}{figures}")
        print(f"{kind}: {bills.amount.size:,} bills, {len(rules)} kinds of members; {_threads(bills, persons, tables)}")


def _timed(columns: Columns, persons: Persons, tables: RuleTables) -> dict[str, float]:
    """Seconds of the processor by way, the median of the repeats.

    Raises
    ------
    SystemExit
        If a number differs between the ways.
    """
    kept = _empty(persons)
    ways: tuple[tuple[str, Callable, int], ...] = (
        ("kernel", partial(_kernel, written=kept), 9),
        ("fresh", _fresh, 5),
        ("plain", _plain, 2),
        ("tuned", _tuned, 2),
    )
    seconds: dict[str, float] = {}
    expected = _kernel(columns, persons, tables, _empty(persons))
    for name, way, repeats in ways:
        times = []
        for _ in range(repeats):
            start = time.process_time()
            payers = way(columns, persons, tables)
            times.append(time.process_time() - start)
            if not np.array_equal(payers, expected):
                raise SystemExit(f"{name} and kernel differ")
        seconds[name] = statistics.median(times)
    return seconds


def _threads(bills: Bills, persons: Persons, tables: RuleTables) -> str:
    """The kernel with one and two threads, by the clock."""
    words = []
    for threads in (1, 2):
        times, kept = [], _empty(persons)
        for _ in range(9):
            start = time.perf_counter()
            _settled(bills, persons, tables, kept, threads)
            times.append(time.perf_counter() - start)
        words.append(f"{threads} threads {statistics.median(times):.3f} s")
    return f"kernel by the clock: {', '.join(words)}"


def _city(folder: str, count: int, visits: int) -> tuple[list[BenefitRules], Bills, Persons]:
    """Rules, bills by person, and persons."""
    data = read_folder(Path(folder))
    city, region = data.city.code, data.city.regions[0].code
    benefits, care = data.frames["benefits"], data.frames["care"]
    kinds = [
        (scheme, status, category)
        for scheme, statuses in STATUSES.items()
        for status, category in product(statuses, ("none", *CATEGORIES))
    ]
    rules = [benefit_rules(benefits, city, region, *kind, lowest_age(AGE[kind[1]]), YEAR, None) for kind in kinds]
    rng = np.random.default_rng(SEED)
    weights = np.array([1 - ASSISTED if category == "none" else ASSISTED / 4 for _, _, category in kinds])
    sizes = rng.multinomial(count, weights / weights.sum())
    groups = []
    for (scheme, status, _), rule, size in zip(kinds, rules, sizes, strict=True):
        patterns = care_patterns(care, city, region, scheme, AGE[status], YEAR)
        cost = np.where(rng.random(size) < NO_COST, 0.0, np.exp(rng.normal(LOG_MEAN, LOG_SPREAD, size)))
        groups.append(simulate_bills(xr.DataArray(cost, dims="person"), patterns, rule.basic, 1.0, rng))
    bills = joined(groups)
    rule = np.repeat(np.arange(len(rules)), sizes)
    persons = Persons(
        rule,
        rng.random(count) < 0.5,
        np.where(rule < 2 * (1 + len(CATEGORIES)), rng.integers(0, 500_000, count), 0),
        np.full(count, ALONE),
        np.where(pack(rules).lookback[rule] > 0, rng.integers(0, 2_000_000, count), 0),
    )
    return rules, _split(bills, visits), persons


def _split(bills: Bills, visits: int) -> Bills:
    """Every outpatient and chronic bill in so many equal visits, the odd fen on the first of them."""
    copies = np.where(bills.service == INPATIENT, 1, visits)
    place = np.arange(copies.sum()) - np.repeat(np.cumsum(copies) - copies, copies)
    spread = {name: np.repeat(getattr(bills, name), copies) for name in Bills._fields[1:]}
    parts = np.repeat(copies, copies)
    for name in ("in_scope", "amount"):
        whole = spread[name]
        spread[name] = whole // parts + np.where(place == 0, whole % parts, 0)
    spread["amount"] = np.maximum(spread["amount"], spread["in_scope"])
    return Bills(np.concatenate([[0], np.cumsum(copies)])[bills.offsets], **spread)


def _by_person(bills: Bills) -> Columns:
    person = np.repeat(np.arange(bills.offsets.size - 1), np.diff(bills.offsets))
    return {"person": person, "offsets": bills.offsets, **{name: getattr(bills, name) for name in Bills._fields[1:]}}


def _mixed(bills: Bills) -> Columns:
    """As they came, mixed over persons; each person's own stay in their order."""
    columns = _by_person(bills)
    del columns["offsets"]
    person = columns["person"]
    came = np.random.default_rng(SEED).permutation(person.size)
    arranged = np.empty_like(came)
    arranged[np.argsort(person[came], kind="stable")] = np.arange(came.size)
    return {name: column[arranged] for name, column in columns.items()}


def _empty(persons: Persons) -> tuple[np.ndarray, np.ndarray]:
    """Arrays that the kernel writes: payers, and what family accounts may still pay."""
    count = persons.rule.size
    return np.empty((len(PAYERS), count), dtype="int64"), np.empty(count, dtype="int64")


def _kernel(
    columns: Columns, persons: Persons, tables: RuleTables, written: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    rest = {name: columns[name] for name in Bills._fields[1:]}
    if "offsets" in columns:
        bills = Bills(columns["offsets"], **rest)
    else:
        bills = grouped(columns["person"], persons.rule.size, **rest)
    return _settled(bills, persons, tables, written, 1)


def _fresh(columns: Columns, persons: Persons, tables: RuleTables) -> np.ndarray:
    return _kernel(columns, persons, tables, _empty(persons))


def _settled(
    bills: Bills, persons: Persons, tables: RuleTables, written: tuple[np.ndarray, np.ndarray], threads: int
) -> np.ndarray:
    ends = np.linspace(0, persons.rule.size, threads + 1).astype("int64")
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda part: settle(tables, bills, persons, *written, *part), pairwise(ends)))
    return written[0]


# NumPy, as one writes it


def _rounded(exact: np.ndarray) -> np.ndarray:
    return (exact + RATE_UNIT // 2) // RATE_UNIT


def _plain(columns: Columns, persons: Persons, tables: RuleTables) -> np.ndarray:
    count = persons.rule.size
    bill = columns
    if "offsets" not in columns:
        order = np.lexsort((np.arange(columns["person"].size), columns["person"]))
        bill = {name: column[order] for name, column in columns.items()}
    person, service, in_scope = bill["person"], bill["service"], bill["in_scope"]
    rule = persons.rule
    left = np.zeros((3, count), dtype="int64")
    np.add.at(left, (service, person), in_scope)
    outside = np.zeros(count, dtype="int64")
    np.add.at(outside, person, bill["amount"] - in_scope)
    numbers = np.zeros(count, dtype="int64")
    np.add.at(numbers, person, 1)
    number_in_year = np.arange(person.size) - (np.cumsum(numbers) - numbers)[person]
    case = (service.astype("int64") * 3 + bill["tier"]) * 3 + bill["area"]
    free = tables.full_cover[rule]
    used, above, exact = (np.zeros((3, count), dtype="int64") for _ in range(3))
    for number in range(int(numbers.max(initial=0))):
        now = number_in_year == number
        who, what, how, cost = person[now], service[now], case[now], in_scope[now]
        which = np.where(what == INPATIENT, np.minimum(bill["admission"][now], tables.deductible.shape[2]) - 1, 0)
        part = np.where(what == CHRONIC, np.minimum(cost, free[who]), 0)
        free[who] -= part
        cost = cost - part
        deductible = tables.deductible[rule[who], how, which]
        before = np.where(what == INPATIENT, 0, used[what, who])
        part = np.minimum(cost, np.maximum(0, deductible - before))
        used[what, who] += part
        start = above[what, who]
        end = start + cost - part
        for segment in range(tables.upper.shape[2]):
            lower = tables.upper[rule[who], how, segment - 1] if segment else 0
            upper = tables.upper[rule[who], how, segment]
            inside = np.maximum(0, np.minimum(end, upper) - np.maximum(start, lower))
            exact[what, who] += tables.rate[rule[who], how, segment] * inside
        above[what, who] = end
    paid = np.minimum(_rounded(exact), tables.cap[rule, :3].T)
    room = tables.cap[rule, 3]
    for place in range(3):
        paid[place] = np.minimum(paid[place], room)
        room = room - paid[place]
    paid[CHRONIC] += tables.full_cover[rule] - free
    left -= paid
    return _plain_layers(left, paid.sum(0), outside, persons, tables)


def _plain_layers(
    left: np.ndarray, basic: np.ndarray, outside: np.ndarray, persons: Persons, tables: RuleTables
) -> np.ndarray:
    rule, earlier = persons.rule, persons.earlier.copy()
    payers = np.zeros((len(PAYERS), rule.size), dtype="int64")
    payers[0], payers[-1] = basic, outside
    for layer, name in enumerate(LAYERS):
        counts, deductible = tables.counts[rule, layer].T, tables.layer_deductible[rule, layer]
        if name == "assistance":
            exact, waived = 0, deductible
            for part, place in ((earlier, INPATIENT), *((left[place] * counts[place], place) for place in range(3))):
                off = np.minimum(waived, part)
                waived = waived - off
                exact = exact + tables.service_rate[rule, place] * (part - off)
            payment = np.minimum(_rounded(exact), tables.layer_cap[rule, layer])
            back = np.minimum(payment, earlier)
        elif name == "safety_net":
            base = (left * counts).sum(0) + earlier * counts[INPATIENT]
            payment = _rounded(tables.net_rate[rule] * np.maximum(0, base - deductible))
            back = np.minimum(payment, earlier * counts[INPATIENT])
        else:
            over = np.maximum(0, (left * counts).sum(0) - deductible)
            exact = np.zeros_like(over)
            for segment in range(tables.layer_upper.shape[2]):
                lower = tables.layer_upper[rule, layer, segment - 1] if segment else 0
                inside = np.maximum(0, np.minimum(over, tables.layer_upper[rule, layer, segment]) - lower)
                exact += tables.layer_rate[rule, layer, segment] * inside
            payment = np.minimum(_rounded(exact), tables.layer_cap[rule, layer])
            back = np.zeros_like(payment)
        payment = payment * tables.has_layer[rule, layer]
        if name == "commercial":
            payment = payment * persons.has_policy
        back = np.minimum(back, payment)
        earlier -= back
        rest = payment - back
        for place in range(3):
            part = np.minimum(rest, left[place] * counts[place])
            left[place] -= part
            rest = rest - part
        payers[1 + layer] = payment
    own = left.sum(0)
    payers[-3] = np.minimum(persons.balance, own)
    payers[-2] = own - payers[-3] + earlier
    return payers


# NumPy, with what one learns from a profile


def _tuned(columns: Columns, persons: Persons, tables: RuleTables) -> np.ndarray:
    count, rule = persons.rule.size, persons.rule
    if "offsets" in columns:
        bill, numbers = columns, np.diff(columns["offsets"])
    else:
        order = np.argsort(columns["person"].astype("int32"), kind="stable")
        bill = {name: column[order] for name, column in columns.items() if name != "person"}
        numbers = np.bincount(columns["person"], minlength=count)
    starts = np.cumsum(numbers) - numbers
    with_bills = np.flatnonzero(numbers)
    first = starts[with_bills]
    service, in_scope = bill["service"], bill["in_scope"]
    left = np.zeros((3, count), dtype="int64")
    for place in range(3):
        left[place, with_bills] = np.add.reduceat(np.where(service == place, in_scope, 0), first)
    outside = np.zeros(count, dtype="int64")
    outside[with_bills] = np.add.reduceat(bill["amount"] - in_scope, first)
    admission = np.minimum(bill["admission"], tables.deductible.shape[2])
    case = service * np.int8(9) + bill["tier"] * np.int8(3) + bill["area"]
    cases, admissions, segments = tables.deductible.shape[1], tables.deductible.shape[2], tables.upper.shape[2]
    deductibles, uppers, rates = (table.ravel() for table in (tables.deductible, tables.upper, tables.rate))
    free = tables.full_cover[rule]
    used, above, exact = (np.zeros(3 * count, dtype="int64") for _ in range(3))
    who = with_bills
    for number in range(int(numbers.max(initial=0))):
        who = who[numbers[who] > number]
        at = starts[who] + number
        what, how, cost = service[at], rule[who] * cases + case[at], in_scope[at]
        chronic = np.flatnonzero(what == CHRONIC)
        part = np.minimum(cost[chronic], free[who[chronic]])
        free[who[chronic]] -= part
        cost[chronic] -= part
        stays = what == INPATIENT
        deductible = deductibles[how * admissions + np.where(stays, admission[at] - 1, 0)]
        state = what * np.int64(count) + who
        deductible -= np.where(stays, 0, used[state])
        np.maximum(deductible, 0, out=deductible)
        np.minimum(deductible, cost, out=deductible)
        used[state] += deductible
        cost -= deductible
        start = above[state]
        end = start + cost
        above[state] = end
        total = exact[state]
        lower = np.zeros_like(start)
        for segment in range(segments):
            upper = uppers[how * segments + segment]
            inside = np.minimum(end, upper)
            inside -= np.maximum(start, lower)
            np.maximum(inside, 0, out=inside)
            inside *= rates[how * segments + segment]
            total += inside
            lower = upper
        exact[state] = total
    exact += RATE_UNIT // 2
    exact //= RATE_UNIT
    paid = exact.reshape(3, count)
    room = tables.cap[:, 3][rule]
    for place in range(3):
        np.minimum(paid[place], tables.cap[:, place][rule], out=paid[place])
        np.minimum(paid[place], room, out=paid[place])
        room -= paid[place]
    paid[CHRONIC] += tables.full_cover[rule] - free
    left -= paid
    return _tuned_layers(left, paid.sum(0), outside, persons, tables)


def _tuned_layers(
    left: np.ndarray, basic: np.ndarray, outside: np.ndarray, persons: Persons, tables: RuleTables
) -> np.ndarray:
    """The layers over those who may be paid by them; who is not, keeps a row of zeros."""
    rule, earlier = persons.rule, persons.earlier
    total = left.sum(0)
    lowest = tables.layer_deductible[:, LAYERS.index("critical")]
    is_aided = tables.has_layer[:, LAYERS.index("assistance")][rule] > 0
    policy = LAYERS.index("commercial")
    has_policy = persons.has_policy & (total > tables.layer_deductible[:, policy][rule])
    met = np.flatnonzero((total > lowest[rule]) | is_aided | has_policy)
    some = Persons(*(column[met] for column in persons))
    part = _plain_layers(left[:, met], basic[met], outside[met], some, tables)
    payers = np.zeros((len(PAYERS), rule.size), dtype="int64")
    payers[0], payers[-1] = basic, outside
    np.minimum(persons.balance, total, out=payers[-3])
    np.subtract(total, payers[-3], out=payers[-2])
    payers[-2] += earlier
    payers[:, met] = part
    return payers


if __name__ == "__main__":
    main()
