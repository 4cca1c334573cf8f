"""Writes gzipped JSON lines; the same lines always give the same bytes."""

import gzip
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


@contextmanager
def gzipped_lines(file: Path) -> Iterator[IO[str]]:
    """A gzipped text file to write, without name and time in its header."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with (
        file.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as text,
    ):
        yield text


def json_line(value: Any) -> str:
    """``value`` as one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
