"""One catalogue of every text that people see, in Chinese and in English."""

import tomllib
from functools import cache
from importlib.resources import files

from actuarial.errors import SchemaError

LANGUAGES = ("zh", "en")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Text by key and language; keys are dotted paths such as ``line.interest``."""
    texts: dict[str, dict[str, str]] = {}
    for part in sorted(files("actuarial").joinpath("locale").iterdir(), key=lambda path: path.name):
        if part.name.endswith(".toml"):
            texts |= _flat(tomllib.loads(part.read_text(encoding="utf-8")))
    return texts


def _flat(node: dict, prefix: str = "") -> dict[str, dict[str, str]]:
    if set(node) == set(LANGUAGES):
        return {prefix: node}
    parts: dict[str, dict[str, str]] = {}
    for name, child in node.items():
        parts |= _flat(child, f"{prefix}.{name}" if prefix else name)
    return parts


def text(key: str, language: str, **values: object) -> str:
    """The text of a key in ``zh`` or ``en``, with its placeholders filled.

    Raises
    ------
    SchemaError
        If the key is not in the catalogue, so that a missing text is a failing test and never an empty label.
    """
    try:
        pattern = catalogue()[key][language]
    except KeyError as missing:
        raise SchemaError(f"no wording for {key!r} in {language!r}") from missing
    return pattern.format(**values)
