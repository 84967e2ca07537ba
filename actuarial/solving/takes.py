"""What it would take to keep each scheme's fund solvent, now and delayed: the answers that a budget shows."""

from actuarial.assumptions.basis import Basis
from actuarial.errors import AssumptionError
from actuarial.solving.futures import Futures, sample_futures
from actuarial.solving.question import Question, answer_on
from actuarial.solving.solvency import LEVERS
from actuarial.streams import BLOCK
from actuarial.tables import CityData

# Own choices: a delay as long as the rolling plan, and the usual interval.
DELAYS, CONFIDENCE = (0, 3), 0.95
# A contribution a head brings the fund of residents what as many yuan of subsidy bring: the subsidy answers for both.
ASKED = (
    ("contribution_rate", "employee"),
    ("spending", "employee"),
    ("fiscal_subsidy", "resident"),
    ("spending", "resident"),
)


def what_it_takes(data: CityData, basis: Basis, seed: int, draws: int) -> list[dict[str, object]]:
    """Answers on the first block of a run's draws, over its years; a question that is refused says why.

    Each is looked for from today's value on. Own choice: a run with less than a block answers nothing, for its interval
    would be open.

    Returns
    -------
    as :func:`actuarial.solving.question.answer_on` gives them; else lever, scheme, delay and ``refused``
    """
    if draws < BLOCK:
        return []
    futures = sample_futures(basis, seed, BLOCK)
    asked = [(lever, scheme, delay) for lever, scheme in ASKED for delay in DELAYS]
    return [_answer(data, basis, futures, seed, *one) for one in asked]


def _answer(
    data: CityData, basis: Basis, futures: tuple[Futures, ...], seed: int, lever: str, scheme: str, delay: int
) -> dict[str, object]:
    years, scenario = len(basis.years), basis.scenario
    today = {"lowest" if LEVERS[lever] else "highest": 1.0}
    try:
        question = Question(
            lever, scheme, None, None, None, None, CONFIDENCE, years, delay, BLOCK, seed, scenario, **today
        )
        return answer_on(data, basis, futures, question)
    except AssumptionError as refusal:
        return {"lever": lever, "scheme": scheme, "delay": delay, "refused": str(refusal)}
