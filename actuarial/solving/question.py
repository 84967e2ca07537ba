"""One question of what it would take, from a city folder to its answer."""

from dataclasses import asdict, dataclass, replace
from functools import cache
from math import isnan

from actuarial.assumptions.basis import Basis
from actuarial.errors import AssumptionError
from actuarial.experience.city_severity import fit_city_severity
from actuarial.experience.fit import fit
from actuarial.scenario import apply_scenario, read_scenario
from actuarial.solving.futures import Futures, sample_futures
from actuarial.solving.search import Search, Solved, solve
from actuarial.solving.solvency import LEVERS, Lever, check_lever, first_year, solvency_margin, today
from actuarial.solving.standard import STANDARDS, Standard, standard_margin, standard_today
from actuarial.tables import CityData

# Own choices: a factor is looked for between half and double, an amount between a quarter and four times today's, a
# rate anywhere; each to a ten-thousandth of double, and a thousandth of its range.
FACTORS, AMOUNTS, RATES = (0.5, 2.0), (0.25, 4.0), (0.0, 1.0)
FACTOR_TOLERANCE, RANGE_TOLERANCE = 1e-4, 1e-3
# A solve re-uses its futures and takes fewer projections than this.
MOST_PROJECTIONS = 30


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    lever : of LEVERS or STANDARDS
    scheme : of the first; group and service, as the benefit rows name them, of the second
    region : whose balance alone has to last; None for the pools of the city
    target : probability of running out that is allowed; the policy table's where None
    confidence : of the interval of the answer
    horizon : forecast years that the money has to last
    delay : years after the budget year
    share : of the resident fund's revenue that critical illness may take; None where the fund has to last
    lowest, highest : ends of the range, unit of the answer's change or standard; own choices where None
    """

    lever: str
    scheme: str | None
    group: str | None
    service: str | None
    region: str | None
    target: float | None
    confidence: float
    horizon: int
    delay: int
    draws: int
    seed: int
    scenario: str
    share: float | None = None
    lowest: float | None = None
    highest: float | None = None


def answer_question(data: CityData, question: Question) -> dict[str, object]:
    """The answer as the object that ``--json`` prints.

    Raises
    ------
    AssumptionError
        If the lever is unknown, a year decided already or beyond the horizon, the target impossible or out of reach.
    """
    if question.lever not in (*LEVERS, *STANDARDS):
        known = ", ".join((*LEVERS, *STANDARDS))
        raise AssumptionError(f"lever: {question.lever!r} is unknown; one of {known}")
    scenario = read_scenario(data.frames.get("scenarios"), question.scenario)
    basis = apply_scenario(fit(data, question.horizon), scenario)
    _check(basis, question)
    if question.lever in LEVERS:
        check_lever(basis, lever_of(basis, question))
    else:
        standard_today(data, _standard_of(basis, question))
    return answer_on(data, basis, sample_futures(basis, question.seed, question.draws), question)


def answer_on(data: CityData, basis: Basis, futures: tuple[Futures, ...], question: Question) -> dict[str, object]:
    """The same on futures that are drawn already."""
    target = target_of(basis, question)
    if question.lever in LEVERS:
        lever = lever_of(basis, question)
        check_lever(basis, lever)
        margin_at, now = solvency_margin(basis, futures, lever), today(basis, lever)
        ends, start, tolerance = FACTORS, 1.0, FACTOR_TOLERANCE
        is_looser_high, unit = not LEVERS[question.lever], _unit(question.lever)
        scale = (float(now.min()), float(now.max()))
    else:
        standard = _standard_of(basis, question)
        margin_at = standard_margin(data, basis, fit_city_severity(data), futures, standard)
        values = standard_today(data, standard)
        is_rate = question.lever.endswith("_rate")
        ends = RATES if is_rate else (AMOUNTS[0] * values[0], AMOUNTS[1] * values[-1])
        tolerance, start, scale = RANGE_TOLERANCE * (ends[1] - ends[0]), values[-1], (1.0, 1.0)
        is_looser_high, unit = STANDARDS[question.lever][2], "1" if is_rate else "yuan"
        now = values
    low = ends[0] if question.lowest is None else question.lowest
    high = ends[1] if question.highest is None else question.highest
    loosest, strictest = (high, low) if is_looser_high else (low, high)
    margin_at = cache(margin_at)
    fails = 1 - float((margin_at(start) >= 0).all(["unit", "year"]).mean())
    solved = solve(
        margin_at, Search(loosest, strictest, 1 - target, question.confidence, tolerance, MOST_PROJECTIONS - 2)
    )
    solved = replace(solved, trials=margin_at.cache_info().misses)
    present = [float(min(now)), float(max(now))]
    return _object(basis, question, target, fails, solved, present, scale, unit)


def target_of(basis: Basis, question: Question) -> float:
    """The probability allowed: as asked, else what the policy table says for the budget year."""
    if question.target is not None:
        return question.target
    value, place = basis.policy.value, (basis.city.code, basis.budget_year)
    if question.lever in LEVERS or question.lever.startswith("critical"):
        return 1 - value("reserve_confidence", "all", *place)
    return value("shortfall_probability_limit", "assistance", *place)


def lever_of(basis: Basis, question: Question) -> Lever:
    """The lever asked for, from the first year that can be changed on."""
    owner = "employee" if question.lever == "contribution_rate" else "resident"
    return Lever(question.lever, question.scheme or owner, first_year(basis, question.delay), question.region)


def _standard_of(basis: Basis, question: Question) -> Standard:
    if question.region is not None:
        raise AssumptionError(f"region {question.region!r}: a standard is one for the city; leave the region out")
    year = first_year(basis, question.delay)
    group, service = question.group, question.service
    # Own choice: where the question does not say, the row that the standard usually has.
    usual = STANDARDS[question.lever]
    group = group or ("assisted" if usual[0] == "assistance" else "all")
    service = service or ("inpatient" if usual[1] == "reimbursement_rate" else "all")
    return Standard(question.lever, group, service, year, question.share)


def _check(basis: Basis, question: Question) -> None:
    for name in ("target", "confidence", "share"):
        value = getattr(question, name)
        if value is not None and not 0 < value < 1:
            raise AssumptionError(f"{name} {value:g}: must lie inside (0, 1), such as 0.05")
    if question.share is not None and question.lever != "critical_deductible":
        raise AssumptionError(f"share {question.share:g}: it is of critical illness; ask for critical_deductible")
    first_year(basis, question.delay)


def _unit(quantity: str) -> str:
    return "yuan/person-year" if quantity in ("fiscal_subsidy", "individual_contribution") else "1"


def _object(
    basis: Basis,
    question: Question,
    target: float,
    fails: float,
    solved: Solved,
    present: list[float],
    scale: tuple[float, float],
    unit: str,
) -> dict[str, object]:
    def within(value: float) -> list[float] | None:
        return None if isnan(value) else [value * part for part in scale]

    lever = lever_of(basis, question) if question.lever in LEVERS else None
    return {
        "city": basis.city.code,
        **{name: value for name, value in asdict(question).items() if name not in ("lowest", "highest", "target")},
        "scheme": None if lever is None else lever.scheme,
        "target": target,
        "unit": unit,
        "from_year": first_year(basis, question.delay),
        "first_year": int(basis.years[0]),
        "last_year": int(basis.years[-1]),
        "today": present,
        "fails_today": fails,
        "needed": within(solved.value),
        "change": solved.value if lever is not None else None,
        "looser": within(solved.looser),
        "stricter": within(solved.stricter),
        "fails_then": 1 - solved.kept,
        "fails_error": solved.kept_error,
        "is_bound": solved.is_bound,
        "projections": solved.trials,
    }
