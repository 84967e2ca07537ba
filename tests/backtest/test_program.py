import sys
from pathlib import Path

import pytest

from actuarial.backtest.program import Program
from actuarial.errors import AssumptionError


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
