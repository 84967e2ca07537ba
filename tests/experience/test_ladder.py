from dataclasses import replace

from actuarial.errors import AssumptionError
from actuarial.experience.ladder import climb_ladder
from actuarial.experience.sampling import Sampling

SAMPLING = Sampling(0, 0, 2, 7, 1.0, 2, "nutpie", False)
RUNGS = ((100, 50, 0.9), (400, 200, 0.99))


def test_second_rung_is_taken_and_the_first_one_stays_on_record():
    def fit(asked: Sampling) -> int:
        if asked.draws < 400:
            raise AssumptionError("posterior: R-hat of drift is 1.2, limit 1.01; remedy: more draws")
        return asked.draws

    found, tried = climb_ladder(fit, RUNGS, SAMPLING)
    assert found == 400
    assert [rung["outcome"] for rung in tried] == ["refused", "passed"]
    assert tried[0]["reason"] == "posterior: R-hat of drift is 1.2, limit 1.01; remedy: more draws"


def test_refused_at_every_rung_is_no_posterior():
    def fit(_: Sampling) -> int:
        raise AssumptionError("posterior: 3 trajectories diverged")

    found, tried = climb_ladder(fit, RUNGS, SAMPLING)
    assert found is None
    assert [(rung["draws"], rung["tuning"], rung["acceptance"]) for rung in tried] == [*RUNGS]


def test_seed_and_chains_are_those_given():
    asked: list[Sampling] = []
    climb_ladder(lambda sampling: asked.append(sampling) or "found", RUNGS, SAMPLING)
    assert asked == [replace(SAMPLING, draws=100, tuning=50, acceptance=0.9)]
