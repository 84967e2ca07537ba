"""The project's own promises: one list of packages, a lock without hosts, a true tree, a light import."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
STATED = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
HEAVY = ("numpy", "pandas", "xarray", "scipy", "pymc", "statsmodels", "dask", "panel", "bokeh", "icechunk")

# What a checkout may hold besides the project: outputs, caches, the environment.
MADE = re.compile(r"^(\.(?!ci$).*|__pycache__|__init__\.py|.*\.egg-info|out|build|dist|py\.typed)$")


def locked_versions() -> dict[str, str]:
    entries = re.findall(r"^([\w.-]+)==([\w.]+)", LOCK, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in entries}


def test_environment_lists_the_packages_of_the_project():
    pip = next(entry["pip"] for entry in ENVIRONMENT["dependencies"] if isinstance(entry, dict))
    assert sorted(pip) == sorted([*STATED, "--editable ."])


def test_environment_allows_the_same_python():
    python = ENVIRONMENT["dependencies"][0]
    assert SpecifierSet(python.removeprefix("python")) == SpecifierSet(PROJECT["project"]["requires-python"])


@pytest.mark.parametrize("stated", STATED)
def test_lock_holds_an_allowed_version(stated: str):
    requirement = Requirement(stated)
    assert requirement.specifier.contains(locked_versions()[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("path", ["requirements.lock", "setup/uv.lock"])
def test_lock_names_no_host(path: str):
    lock = (ROOT / path).read_text(encoding="utf-8")
    assert re.findall(r"://|--(?:extra-)?index-url|--find-links|--trusted-host| @ ", lock) == []


@pytest.mark.parametrize("path", ["requirements.lock", "setup/uv.lock"])
def test_every_locked_package_has_a_hash(path: str):
    entries = re.split(r"^(?=[\w.-]+==)", (ROOT / path).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_every_imported_package_is_stated():
    """What comes along with another package today may not come tomorrow."""
    imported = set()
    for package in ("actuarial", "reports", "data"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module:
                    imported.add(node.module.split(".")[0])
                elif isinstance(node, ast.Import):
                    imported |= {alias.name.split(".")[0] for alias in node.names}
    foreign = imported - set(sys.stdlib_module_names) - {"actuarial", "reports", "data"}
    homes = packages_distributions()
    stated = {canonicalize_name(Requirement(line).name) for line in STATED}
    assert {name for name in foreign if stated.isdisjoint(map(canonicalize_name, homes.get(name, [])))} == set()


def test_failing_shim_is_passed_over(tmp_path: Path):
    shims, pyenv = tmp_path / "shims", tmp_path / "pyenv"
    working = pyenv / "versions" / "3.13.0" / "bin" / "python"
    for folder in (shims, working.parent):
        folder.mkdir(parents=True)
    for name in ("python3.13", "python3.12"):
        (shims / name).write_text("#!/bin/sh\nexit 127\n")
        (shims / name).chmod(0o755)
    working.symlink_to(os.path.realpath(sys.executable))
    answer = subprocess.run(
        [ROOT / "setup" / "environment.sh", "--python"],
        env={"PATH": f"{shims}:/usr/bin:/bin", "PYENV_ROOT": str(pyenv), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == os.path.realpath(sys.executable)


def test_import_is_light():
    """The public names load when first used, so that the command line answers at once."""
    program = "import json, sys, actuarial; print(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(json.loads(answer.stdout)).isdisjoint(HEAVY)


def drawn_tree() -> dict[str, set[str]]:
    """Names below each folder in the tree of ARCHITECTURE.md; the root is ``""``."""
    document = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    tree: dict[str, set[str]] = {"": set()}
    parents: list[str] = []
    for line in document.split("## The tree")[1].split("```")[1].strip("\n").splitlines():
        words = re.split(r" {2,}", line.strip())
        names = [word for word in words if re.fullmatch(r"\.?[\w-]+/|\.?[\w-]+\.\w+|Makefile|LICENSE|NOTICE|run", word)]
        parents = parents[: (len(line) - len(line.lstrip())) // 2]
        tree.setdefault("/".join(parents), set()).update(name.rstrip("/") for name in names)
        if len(names) == 1 and names[0].endswith("/"):
            parents.append(names[0].rstrip("/"))
    return tree


def names_on_disk(folder: str) -> set[str]:
    kept = [path for path in (ROOT / folder).iterdir() if not MADE.match(path.name)]
    return {path.name for path in kept if path.is_file() or any(child.is_file() for child in path.rglob("*"))}


@pytest.mark.parametrize("folder", sorted(drawn_tree()))
def test_tree_shows_the_whole_folder(folder: str):
    """A folder with names below it shows all of them; a folder without stands for all that it holds."""
    assert drawn_tree()[folder] == names_on_disk(folder)


def test_tree_shows_every_module():
    shown = {f"{folder}/{name}" for folder, names in drawn_tree().items() for name in names}
    modules = {
        path.relative_to(ROOT).as_posix()
        for package in ("actuarial", "reports")
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py"
    }
    assert modules - shown == set()
