import sys
from pathlib import Path

import pytest

from actuarial.backtest.program import Program
from actuarial.errors import AssumptionError

FORECAST = Path(__file__).parents[2] / "benchmarks" / "rivals" / "forecast.py"


def program_of(folder: Path, text: str) -> Program:
    script = folder / "forecast.py"
    script.write_text(text, encoding="utf-8")
    return Program(Path(sys.executable), script)


def test_one_process_answers_every_question(tmp_path: Path):
    text = """
import json, os, sys
for line in sys.stdin:
    print(json.dumps({"asked": [json.loads(line)["number"], os.getpid()]}), flush=True)
"""
    with program_of(tmp_path, text) as program:
        first, second = (program.ask({"number": number})["asked"] for number in (1, 2))
    assert (first[0], second[0]) == (1, 2)
    assert first[1] == second[1]


def test_last_words_are_told(tmp_path: Path):
    with program_of(tmp_path, "import sys\nsys.exit('no such package')\n") as program:
        for _ in range(2):
            with pytest.raises(AssumptionError, match=r"^no such package$"):
                program.ask({})


def test_silent_end_is_told(tmp_path: Path):
    with program_of(tmp_path, "raise SystemExit(3)\n") as program, pytest.raises(AssumptionError) as caught:
        program.ask({})
    assert str(caught.value) == "ended with exit code 3"


def test_no_environment_is_told():
    with Program(None, Path("forecast.py")) as program, pytest.raises(AssumptionError) as caught:
        program.ask({})
    assert str(caught.value) == "no environment given, see --environment"


STATSFORECAST = """
import numpy as np

class AutoARIMA:
    def __init__(self, season_length):
        pass

    def fit(self, levels):
        if len(levels) < 3:
            raise ValueError("tiny datasets")
        self.last = levels[-1]
        return self

    def predict(self, h, level):
        keys = ("mean", *(f"{side}-{width}" for side in ("lo", "hi") for width in level))
        return {key: np.full(h, self.last) for key in keys}

class AutoETS(AutoARIMA):
    pass
"""


def test_short_history_is_told_in_our_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The program itself, with a stand-in for its library that refuses fewer than three levels only."""
    (tmp_path / "statsforecast").mkdir()
    (tmp_path / "statsforecast" / "models.py").write_text(STATSFORECAST, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    asked = {
        "horizon": 2,
        "season": 1,
        "probabilities": [0.1, 0.5, 0.9],
        "series": [[1.0] * 6, [2.0] * 7, [3.0] * 2, []],
    }
    with Program(Path(sys.executable), FORECAST) as program:
        ets, arima = (program.ask({**asked, "method": method}) for method in ("AutoETS", "AutoARIMA"))
    assert ets["quantiles"] == [None, [[2.0] * 3] * 2, None, None]
    assert ets["faults"] == [
        "AutoETS: 6 levels, 7 are needed",
        "",
        "AutoETS: 2 levels, 7 are needed",
        "AutoETS: 0 levels, 7 are needed",
    ]
    assert arima["quantiles"] == [[[1.0] * 3] * 2, [[2.0] * 3] * 2, None, None]
    assert arima["faults"] == ["", "", "AutoARIMA: 2 levels: tiny datasets", "AutoARIMA: 0 levels, 1 are needed"]
