"""The city of a folder, from ``city.yaml``: names, pooling regions, first forecast year, declared breaks and shocks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from actuarial.cells import text_defect
from actuarial.errors import SchemaError
from actuarial.faults import Fault, closest, refuse
from actuarial.schema import LEDGER_FUNDS, SCHEMES

FILE = "city.yaml"
FIRST_YEAR = 1949
_LAST_FORECAST_YEAR = 2100
_CODE = re.compile(r"\d{6}")
_KEYS = ("code", "name", "first_forecast_year", "regions", "breaks", "shocks", "notes")
_REGION_KEYS = ("code", "name", "districts", "pool")
_BREAK_KEYS = ("scheme", "fund", "year", "reason")
_SHOCK_KEYS = ("scheme", "from_year", "to_year", "reason")
EVERY_SCHEME = "all"


@dataclass(frozen=True, slots=True)
class Region:
    """A pooling region. Regions with the same ``pool`` share one fund when pooled."""

    code: str
    name: Mapping[str, str]
    districts: tuple[str, ...]
    pool: str


@dataclass(frozen=True, slots=True)
class Break:
    """A declared break of a fund's series: ``year`` is the first year of the new scope."""

    scheme: str
    fund: str
    year: int
    reason: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shock:
    """Declared years in which a scheme, or ``all``, was not as usual; after ``to_year`` it is again."""

    scheme: str
    from_year: int
    to_year: int
    reason: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class City:
    """The municipality; the same record serves a province over its cities, or a country."""

    code: str
    name: Mapping[str, str]
    first_forecast_year: int
    regions: tuple[Region, ...]
    breaks: tuple[Break, ...]
    notes: Mapping[str, str] | None
    shocks: tuple[Shock, ...] = ()

    @property
    def last_year(self) -> int:
        """The last year whose accounts are closed."""
        return self.first_forecast_year - 1

    @property
    def budget_year(self) -> int:
        """The year whose budget is drawn up."""
        return self.first_forecast_year + 1

    @property
    def region_codes(self) -> tuple[str, ...]:
        """Codes of the regions, in the order of the file."""
        return tuple(region.code for region in self.regions)

    @property
    def is_one_region(self) -> bool:
        """Whether the city is its own only region, so that its rows are the region's own and not totals."""
        return self.region_codes == (self.code,)


def read_city(folder: Path) -> City:
    """The city of a folder.

    Raises
    ------
    SchemaError
        If ``city.yaml`` is missing or wrong; the message lists every fault of it.
    """
    city, faults = examine_city(Path(folder))
    if city is None:
        raise SchemaError("\n".join(f"{fault.place('en')}: {fault.message('en')}" for fault in faults))
    return city


def examine_city(folder: Path) -> tuple[City | None, list[Fault]]:
    """The city of a folder with the faults of its file; None if any of them refuses."""
    path = folder / FILE
    if not path.is_file():
        return None, [refuse("city_missing", FILE)]
    try:
        content = path.read_bytes().decode("utf-8-sig")
        root = yaml.compose(content, Loader=yaml.SafeLoader)
        record = yaml.safe_load(content)
    except UnicodeDecodeError as error:
        return None, [refuse("encoding_unknown", FILE, path.read_bytes()[: error.start].count(b"\n") + 1)]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        return None, [refuse("yaml_unreadable", FILE, mark.line + 1 if mark else None, reason=reason)]
    if not isinstance(record, dict) or root is None:
        return None, [refuse("yaml_unreadable", FILE, 1, reason="no mapping")]
    form = _Form(root)
    form.check(record)
    return (None, form.faults) if form.faults else (_city(record), [])


class _Form:
    """Walks the record once and gathers its faults with their lines."""

    def __init__(self, root: yaml.Node) -> None:
        self.faults: list[Fault] = []
        self.lines: dict[str, int] = {}
        self._walked: set[int] = set()
        self._map(root, "")

    def _map(self, node: yaml.Node, path: str) -> None:
        """Line of every path of the file; a key given twice is a fault, because the parser keeps only the last."""
        self.lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in self._walked:
            return  # an alias; it may hold itself
        self._walked.add(id(node))
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, child in node.value:
                name = str(key.value)
                self.lines[_join(path, name)] = key.start_mark.line + 1
                if name in seen:
                    self.refuse("city_key_twice", _join(path, name), name)
                seen.add(name)
                self._map(child, _join(path, name))
        elif isinstance(node, yaml.SequenceNode):
            for place, child in enumerate(node.value):
                self._map(child, f"{path}[{place}]")

    def refuse(self, rule: str, path: str, value: object = "", **values: object) -> None:
        """One fault at a path of the file; a missing key is placed at its parent."""
        parent = path.rpartition(".")[0]
        line = self.lines.get(path) or self.lines.get(parent) or 1
        self.faults.append(refuse(rule, FILE, line, path, value, **values))

    def check(self, record: dict) -> None:
        self._keys(record, "", _KEYS, ("code", "name", "first_forecast_year", "regions"))
        self._code(record, "")
        self._names(record, "name", "")
        if "notes" in record:
            self._names(record, "notes", "")
        year = record.get("first_forecast_year")
        if "first_forecast_year" in record and not self._is_year(year, FIRST_YEAR + 2, _LAST_FORECAST_YEAR):
            self.refuse("city_year", "first_forecast_year", year, first=FIRST_YEAR + 2, last=_LAST_FORECAST_YEAR)
        self._regions(record)
        for place, part in enumerate(self._parts(record, "breaks")):
            self._break(part, f"breaks[{place}]")
        for place, part in enumerate(self._parts(record, "shocks")):
            self._shock(part, f"shocks[{place}]")

    def _keys(self, part: dict, path: str, known: tuple[str, ...], needed: tuple[str, ...]) -> None:
        for key in part:
            if key not in known:
                self.refuse("city_key_unknown", _join(path, key), key, suggestion=closest(str(key), known))
        for key in needed:
            if part.get(key) in (None, "", [], {}):
                self.refuse("city_key_missing", _join(path, key), key)

    def _code(self, part: dict, path: str) -> None:
        code = part.get("code")
        if code is not None and not (isinstance(code, str) and _CODE.fullmatch(code)):
            self.refuse("division_code", _join(path, "code"), code)

    def _names(self, part: dict, key: str, path: str) -> None:
        names = part.get(key)
        if names is None:
            return
        if not isinstance(names, dict) or set(names) != {"zh", "en"}:
            self.refuse("city_name", _join(path, key), names)
            return
        for language, name in names.items():
            defect = text_defect(name.replace("\n", " ")) if isinstance(name, str) else None
            if not isinstance(name, str) or defect:
                rule = defect.rule if defect else "city_name"
                self.refuse(rule, _join(path, f"{key}.{language}"), name, **(defect.values if defect else {}))

    def _parts(self, record: dict, key: str) -> list[dict]:
        parts = record.get(key) or []
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            self.refuse("city_list", key, type(parts).__name__)
            return []
        return parts

    def _regions(self, record: dict) -> None:
        parts = self._parts(record, "regions")
        seen: set[str] = set()
        districts: set[str] = set()
        for place, part in enumerate(parts):
            path = f"regions[{place}]"
            self._keys(part, path, _REGION_KEYS, ("code", "name", "pool"))
            self._code(part, path)
            self._names(part, "name", path)
            code = str(part.get("code"))
            if code in seen:
                self.refuse("region_twice", f"{path}.code", code)
            if code == record.get("code") and len(parts) > 1:
                self.refuse("region_is_city", f"{path}.code", code)
            seen.add(code)
            pool = part.get("pool")
            defect = text_defect(pool) if isinstance(pool, str) else None
            if pool is not None and (not isinstance(pool, str) or defect):
                self.refuse(defect.rule if defect else "city_pool", f"{path}.pool", pool)
            for district in self._districts(part, path):
                if district in districts:
                    self.refuse("district_twice", f"{path}.districts", district)
                districts.add(district)

    def _districts(self, part: dict, path: str) -> list[str]:
        codes = part.get("districts") or []
        if not isinstance(codes, list):
            self.refuse("city_list", f"{path}.districts", type(codes).__name__)
            return []
        for code in codes:
            if not (isinstance(code, str) and _CODE.fullmatch(code)):
                self.refuse("division_code", f"{path}.districts", code)
        return [str(code) for code in codes]

    def _break(self, part: dict, path: str) -> None:
        self._keys(part, path, _BREAK_KEYS, _BREAK_KEYS)
        self._names(part, "reason", path)
        if part.get("scheme") and part.get("fund") and (part["scheme"], part["fund"]) not in LEDGER_FUNDS:
            known = ", ".join(f"{scheme}/{fund}" for scheme, fund in LEDGER_FUNDS)
            self.refuse("city_fund_unknown", f"{path}.fund", f"{part['scheme']}/{part['fund']}", known=known)
        if part.get("year") is not None and not self._is_year(part["year"], FIRST_YEAR, _LAST_FORECAST_YEAR):
            self.refuse("city_year", f"{path}.year", part["year"], first=FIRST_YEAR, last=_LAST_FORECAST_YEAR)

    def _shock(self, part: dict, path: str) -> None:
        self._keys(part, path, _SHOCK_KEYS, _SHOCK_KEYS)
        self._names(part, "reason", path)
        schemes = (EVERY_SCHEME, *SCHEMES)
        if part.get("scheme") and part["scheme"] not in schemes:
            self.refuse("choice_unknown", f"{path}.scheme", part["scheme"], suggestion=", ".join(schemes))
        first, last = part.get("from_year"), part.get("to_year")
        for key, year in (("from_year", first), ("to_year", last)):
            if year is not None and not self._is_year(year, FIRST_YEAR, _LAST_FORECAST_YEAR):
                self.refuse("city_year", f"{path}.{key}", year, first=FIRST_YEAR, last=_LAST_FORECAST_YEAR)
                return
        if first is not None and last is not None and last < first:
            self.refuse("interval_reversed", f"{path}.to_year", last, name="from_year", first=first)

    @staticmethod
    def _is_year(value: object, first: int, last: int) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and first <= value <= last


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def _city(record: dict) -> City:
    regions = tuple(
        Region(part["code"], part["name"], tuple(part.get("districts") or ()), part["pool"])
        for part in record["regions"]
    )
    breaks = tuple(
        Break(part["scheme"], part["fund"], part["year"], part["reason"]) for part in record.get("breaks") or ()
    )
    shocks = tuple(
        Shock(part["scheme"], part["from_year"], part["to_year"], part["reason"]) for part in record.get("shocks") or ()
    )
    first = record["first_forecast_year"]
    return City(record["code"], record["name"], first, regions, breaks, record.get("notes"), shocks)
