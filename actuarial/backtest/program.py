"""A forecasting program in an environment of its own, asked and answered in lines of JSON."""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Self

from actuarial.errors import AssumptionError


class Program:
    """One process, started at the first question and kept until the end: its imports take longer than its forecasts.

    Its packages may contradict the project's. Used as a context, so that no process is left behind. Without a python
    there is no environment, and every question is refused.
    """

    def __init__(self, python: Path | None, script: Path) -> None:
        self._words = (str(python), str(script))
        self._absence = ""
        if python is None:
            self._absence = "no environment given, see --environment"
        elif not python.exists():
            self._absence = f"its environment is not there: {python}"
        self._process: subprocess.Popen[str] | None = None
        self._complaints: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  closed at the end

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._process is not None:
            self._process.communicate()
        self._complaints.close()

    def ask(self, question: dict[str, object]) -> dict[str, list]:
        """The answer to one question.

        Raises
        ------
        AssumptionError
            If no environment is given or it is not there, or the program ends without an answer.
        """
        if self._absence:
            raise AssumptionError(self._absence)
        if self._process is None:
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(
                self._words, stdin=pipe, stdout=pipe, stderr=self._complaints, text=True, bufsize=1
            )
        process = self._process
        answer = ""
        if process.stdin and process.stdout:
            try:
                process.stdin.write(json.dumps(question) + "\n")
            except BrokenPipeError:
                raise AssumptionError(self._last_words(process.wait())) from None
            answer = process.stdout.readline()
        if not answer:
            raise AssumptionError(self._last_words(process.wait()))
        return json.loads(answer)

    def _last_words(self, code: int) -> str:
        self._complaints.seek(0)
        said = self._complaints.read().strip()
        return said.splitlines()[-1] if said else f"ended with exit code {code}"
