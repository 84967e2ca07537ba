"""What the README shows works as shown."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_five_lines_of_python_run_as_printed(monkeypatch, tmp_path, capsys):
    lines = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert lines is not None
    code = lines[1].replace('"out/store"', repr(str(tmp_path / "store"))).replace("10_000", "100")
    monkeypatch.chdir(ROOT)
    exec(code, {})
    assert "recommended" in capsys.readouterr().out


def test_files_it_points_to_are_there():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
