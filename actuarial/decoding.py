"""Bytes of a text file to text: UTF-8 read strictly first, GB18030 second, a mixture of the two refused.

Half of the Chinese lines of a UTF-8 file also decode as GB18030, into other characters. So a file is never given to
GB18030 as a whole: its lines are told apart first.
"""

import re

from actuarial.faults import Fault, refuse, warn

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# Chinese characters, Chinese punctuation and full-width forms: three bytes each in UTF-8, hardly ever met by chance.
_CHINESE = re.compile("[\u2010-\u2026\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def decode(data: bytes, file: str) -> tuple[str | None, list[Fault]]:
    """Text of a file, or None with the fault that forbids reading it."""
    if data.startswith(_UTF16) or b"\x00" in data:
        return None, [refuse("encoding_unknown", file, 1)]
    faults = []
    if data.startswith(_BOM):
        data = data[len(_BOM) :]
        faults.append(warn("encoding_bom", file, value="UTF-8 BOM"))
    try:
        return data.decode("utf-8"), faults
    except UnicodeDecodeError:
        return _decode_chinese(data, file, faults)


def _decode_chinese(data: bytes, file: str, faults: list[Fault]) -> tuple[str | None, list[Fault]]:
    first: str | None = None
    for number, line in enumerate(data.split(b"\n"), start=1):
        encoding = _encoding(line)
        if encoding == "unknown":
            return None, [*faults, refuse("encoding_unknown", file, number)]
        if encoding in ("UTF-8", "GB18030"):
            first = first or encoding
            if encoding != first:
                return None, [*faults, refuse("encoding_mixed", file, number, first=first, second=encoding)]
    return data.decode("gb18030"), [*faults, warn("encoding_gb18030", file, value="GB18030")]


def _encoding(line: bytes) -> str:
    if line.isascii():
        return "either"
    try:
        return "UTF-8" if _CHINESE.search(line.decode("utf-8")) else "either"
    except UnicodeDecodeError:
        pass
    try:
        line.decode("gb18030")
    except UnicodeDecodeError:
        return "unknown"
    return "GB18030"
