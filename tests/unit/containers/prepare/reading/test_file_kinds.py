"""Files that are not text with rows are identified."""

import gzip
import io
import tarfile
import zipfile

import pytest
from backports import zstd

from tests.unit.containers.prepare.formats import parquet_bytes
from tests.unit.containers.prepare.read_files import csv, read


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.csv", csv())
    return stream.getvalue()


def tarred() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        member = tarfile.TarInfo("a.csv")
        member.size = len(csv())
        archive.addfile(member, io.BytesIO(csv().encode()))
    return stream.getvalue()


KINDS = {
    "Parquet": parquet_bytes([{"user": "u"}]),
    "an Excel workbook or ZIP archive": zipped(),
    "an old Excel workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
    "a tar archive": tarred(),
    "ORC": b"ORC" + bytes(500),
    "Avro": b"Obj\x01" + bytes(500),
    "an SQLite database": b"SQLite format 3\x00" + bytes(500),
    "PDF": b"%PDF-1.7\n",
    "bzip2": b"BZh91AY&SY",
    "xz": b"\xfd7zXZ\x00",
    "an HTML or XML page": b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>',
    "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
}


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_text(kind, file_format):
    for content in (KINDS[kind], gzip.compress(KINDS[kind])):
        faults = read(content, format=file_format).faults
        assert len(faults) == 1
        assert faults[0].startswith(f"a is {kind}, ")


def test_pages_in_place_of_data():
    for page in ("<!DOCTYPE html>\n<html>", "\n  <HTML><body>Sign in", "\ufeff<!doctype HTML>"):
        (fault,) = read(page).faults
        assert fault == (
            "a is an HTML or XML page, perhaps an error message that was saved in place of the data: fetch it again"
        )


def test_packed_twice():
    for pack, name in ((gzip.compress, "gzip"), (zstd.compress, "zstd")):
        (fault,) = read(gzip.compress(pack(csv().encode()))).faults
        assert fault.startswith(f"a is {name} within gzip or zstd, and must be text")


def test_what_is_no_parquet_is_named_where_it_is_known():
    assert (
        read(zipped(), format="parquet").faults[0].startswith("a is not Parquet but an Excel workbook or ZIP archive,")
    )
    assert read(gzip.compress(b"x"), format="parquet").faults[0].startswith("a is not Parquet but gzip,")
    assert read(b"PARE" + bytes(90) + b"PARE", format="parquet").faults[0].startswith("a is encrypted Parquet;")
