"""Generates inputs of every format, good and bad, with known counts."""

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from backports import zstd

from faults import csv_account

NULLS = ("NULL", r"\N", "nan")
_IDS = ("u1", "ü 2", "日本", "a,b", 'say "x"', "0042", "null-ish", "🎬", "x" * 60, "two\nlines", "-")
_PACKINGS: tuple[Callable[[bytes], bytes], ...] = (bytes, gzip.compress, zstd.compress)


@dataclass(frozen=True)
class Made:
    """An input, and its expected result.

    ``counts``: of accepted rows and each reason for rejection, None if only the sum must be right. ``fault``: whether
    the whole file is refused; None if that may happen.
    """

    kind: str
    content: bytes
    described: dict[str, Any] = field(default_factory=dict)
    counts: Counter[str] | None = None
    fault: bool | None = False


def csv_of_any_dialect(chance: Random) -> Made:
    """Records with known results, written by Python's writer in any dialect, encoding and compression."""
    delimiter, header = chance.choice(",;\t|\x01"), chance.random() < 0.7
    encoding = chance.choice(["utf-8", "utf-8-sig", "utf-16", "gb18030"])
    columns = chance.sample(["user", "item", "more"], 3)
    stream, counts = io.StringIO(newline=""), Counter[str]()
    writer = csv.writer(
        stream, delimiter=delimiter, lineterminator=chance.choice(["\n", "\r\n"]), quoting=chance.choice([0, 1])
    )
    if header:
        writer.writerow(columns)
    # The first row is regular: it decides whether a delimiter ends each row.
    for number in range(chance.randint(2, 60)):
        row, fate = _row(chance) if number else ({"user": "u1", "item": "i1", "more": "x"}, "accepted")
        fields = [row[name] for name in columns]
        writer.writerow(fields[:-1] if fate == "too few fields" else fields + ["x"] * (fate == "too many fields"))
        counts[fate] += fate != "blank"
    described: dict[str, Any] = {
        "delimiter": delimiter,
        "encoding": encoding.removesuffix("-sig"),
        "null_values": list(NULLS),
    }
    described |= {"null_values": list(NULLS)} | ({} if header else {"header": False, "columns": columns})
    content = stream.getvalue().encode(encoding)
    return Made("CSV of any dialect", chance.choice(_PACKINGS)(content), described, counts)


def _row(chance: Random) -> tuple[dict[str, str], str]:
    row = {"user": chance.choice(_IDS), "item": chance.choice(_IDS), "more": chance.choice(["", "x", "y\nz"])}
    side = chance.choice(["user", "item"])
    fates: dict[str, dict[str, str]] = {
        f"missing {side} id": {side: ""},
        f"blank {side} id": {side: " \t"},
        f"missing {side} id (a null marker)": {side: chance.choice(NULLS)},
        f"{side} id longer than 1,024 bytes": {side: "é" * 513},
        "blank": {"user": "", "item": " ", "more": ""},
        "too few fields": {},
        "too many fields": {},
        "the header again": {"user": "user", "item": "item", "more": "more"},
    }
    fate = chance.choice(list(fates)) if chance.random() < 0.3 else "accepted"
    changed = row | fates.get(fate, {})
    # It distinguishes a row whose last column is empty from a record with nothing but one missing id.
    return (changed if fate in ("accepted", "blank") else changed | {"more": changed["more"] or "x"}), fate


def damaged_csv(chance: Random) -> Made:
    """Lines with bytes changed, doubled and inserted, with counts by an independent parser."""
    rows = "".join(
        f'{chance.choice("abc")},{chance.choice(["i", "NULL", ""])},"x"\n' for _ in range(chance.randint(1, 40))
    )
    text = bytearray(rows.encode())
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(text) + 1)
        text[at : at + chance.randint(0, 2)] = chance.choice(
            [b'"', b",", b"\n", b"\r", b'""', b"\xff", b"\x00", b'x","', b"\t"]
        )
    body = b"u,i,x\n" + bytes(text)
    counts = csv_account.account(body.decode("utf-8", "surrogateescape"), 0, 1, 3, NULLS)
    return Made("damaged CSV", b"user,item,more\n" + body, {"null_values": list(NULLS)}, counts)


def json_lines(chance: Random) -> Made:
    """Lines with known results; a regular one comes first, to show that the file is not an array."""
    fates: list[tuple[str, str]] = [
        ('{"user": 7, "item": "i"}', "accepted"),
        ('{"item": "i", "user": "u", "x": ' + "9" * 5000 + "}", "accepted"),
        ('{"user": "NULL", "item": "i"}', "missing user id (a null marker)"),
        ('{"user": "u"}', "missing item id"),
        ('{"user": 1.5, "item": "i"}', "user id is neither text nor an integer"),
        ('{"user": "u", "user": "v", "item": "i"}', "a name twice in one JSON object"),
        ('{"user": "\\ud800", "item": "i"}', "not UTF-8"),
        ('{"user": "u", "item": "i"', "invalid JSON"),
        ("[" * chance.randint(1, 50_000), "invalid JSON"),
        (chance.choice(["[1]", "null", "12", '"x"']), "not a JSON object"),
        (chance.choice(["", "  ", "{}", '{"user": null}', "\x00"]), "blank"),
    ]
    chosen = [fates[0], *(chance.choice(fates) for _ in range(chance.randint(1, 50)))]
    counts = Counter(fate for _, fate in chosen if fate != "blank")
    text = chance.choice(["\n", "\r\n"]).join(line for line, _ in chosen)
    described = {"format": "jsonl", "null_values": list(NULLS)}
    return Made("JSON lines", chance.choice(_PACKINGS)(text.encode()), described, counts)


def json_array(chance: Random) -> Made:
    """An array, complete or truncated."""
    rows = [{"user": f"u{n}", "item": "i", "n": chance.random()} for n in range(chance.randint(1, 200))]
    text = json.dumps(rows, indent=chance.choice([None, 1]))
    described = {"format": "json"}
    if chance.random() < 0.5:
        return Made("JSON array", text.encode(), described, Counter(accepted=len(rows)))
    cut = text[: chance.randrange(len(text) - 1) + 1]
    # If it is this short, it is a line.
    return Made("JSON array, cut short", cut.encode(), described, None, fault=True if len(cut) > 8 else None)


def parquet(chance: Random) -> Made:
    """Ids of any text or integer type, some of them null; or the same with a byte changed."""
    rows = chance.randint(1, 80)
    kind = chance.choice([pa.string(), pa.int32(), pa.uint64(), pa.decimal128(20, 0), pa.binary(), pa.large_string()])
    numbers = [None if chance.random() < 0.1 else chance.randint(0, 99) for _ in range(rows)]
    users = pa.array([None if n is None else str(n) for n in numbers]).cast(kind)
    stream = io.BytesIO()
    pq.write_table(
        pa.table({"user": users, "item": pa.array(["i"] * rows)}), stream, row_group_size=chance.randint(1, 50)
    )
    content = bytearray(stream.getvalue())
    described = {"format": "parquet"}
    missing = numbers.count(None)
    if chance.random() < 0.5:
        return Made(
            "Parquet", bytes(content), described, Counter({"accepted": rows - missing, "missing user id": missing})
        )
    for _ in range(chance.randint(1, 4)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return Made("Parquet, damaged", bytes(content), described, None, fault=None)


def damaged_packing(chance: Random) -> Made:
    """A compressed file that is truncated, or has flipped bits."""
    text = "user,item\n" + "".join(f"u{chance.random()},i\n" for _ in range(200))
    packed = bytearray(chance.choice(_PACKINGS[1:])(text.encode()))
    if chance.random() < 0.5:
        return Made("packing, cut short", bytes(packed[: chance.randint(20, len(packed) - 1)]), {}, None, fault=True)
    packed[chance.randrange(10, len(packed))] ^= 1 << chance.randrange(8)
    return Made("packing, damaged", bytes(packed), {}, None, fault=None)


def noise(chance: Random) -> Made:
    """Random bytes, with or without a header, as any format."""
    body = chance.randbytes(chance.randint(1, 4_000))
    kind = chance.choice(["csv", "jsonl", "parquet"])
    return Made("noise", b"user,item\n" * chance.randint(0, 1) + body, {"format": kind}, None, fault=None)


def costly(chance: Random) -> Made:
    """Lines that cost a naive reader more than their length: quadratic time, or unbounded memory."""
    size = chance.choice([100_000, 200_000])
    lines = ['x","\n', 'a,"b\n', '"a"x,b\n', '"\n', ",\n", "\n", 'a,"x\n"y,1\n', " \n", '""\n"\n']
    body = chance.choice(lines).encode()
    text = body * (size // len(body))
    if chance.random() < 0.3:
        long = chance.choice([b"x", b'"', b",", b"[", b'{"a":', b"\xf0\x9f\x8e\xac"])
        text = b"u,i\n" + long * (8_000_000 // len(long)) + b"\nu,i\n"
    return Made(
        "costly", gzip.compress(b"user,item\n" + text, 1), {"format": chance.choice(["csv", "jsonl"])}, None, fault=None
    )


MAKERS = (csv_of_any_dialect, damaged_csv, json_lines, json_array, parquet, damaged_packing, noise, costly)
