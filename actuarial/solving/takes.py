"""What it would take to keep each scheme's fund solvent, now and delayed: the answers that a budget shows."""

from actuarial.assumptions.basis import Basis
from actuarial.errors import AssumptionError
from actuarial.solving.futures import sample_futures
from actuarial.solving.question import Question, answer_on
from actuarial.streams import BLOCK
from actuarial.tables import CityData

# Own choices: a delay as long as the rolling plan, and the usual interval.
DELAYS, CONFIDENCE = (0, 3), 0.95
ASKED = (
    ("contribution_rate", "employee"),
    ("spending", "employee"),
    ("fiscal_subsidy", "resident"),
    ("individual_contribution", "resident"),
    ("spending", "resident"),
)


def what_it_takes(data: CityData, basis: Basis, seed: int, draws: int) -> list[dict[str, object]]:
    """Answers on the first block of a run's draws, over its years; a question that is refused says why.

    Returns
    -------
    as :func:`actuarial.solving.question.answer_on` gives them; else lever, scheme, delay and ``refused``
    """
    draws = min(draws, BLOCK)
    futures = sample_futures(basis, seed, draws)
    found: list[dict[str, object]] = []
    for lever, scheme in ASKED:
        for delay in DELAYS:
            question = Question(
                lever, scheme, None, None, None, None, CONFIDENCE, len(basis.years), delay, draws, seed, basis.scenario
            )
            try:
                found.append(answer_on(data, basis, futures, question))
            except AssumptionError as refusal:
                found.append({"lever": lever, "scheme": scheme, "delay": delay, "refused": str(refusal)})
    return found
