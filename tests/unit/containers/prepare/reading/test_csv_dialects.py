"""CSV as other programs write it: read correctly, or refused with the fix."""

import gzip

import pytest

from tests.unit.containers.prepare.read_files import EXPECTED, ROWS, csv, read

NO_HEADER = {"header": False, "columns": ["user", "item", "time"]}


def test_delimiters():
    for delimiter, said in ((";", ";"), ("\t", "tab"), ("\t", "\t"), ("|", "|"), ("\x01", "\x01"), (" ", " ")):
        assert read(csv(delimiter), delimiter=said).accepted == EXPECTED
    assert read(csv("\t"), format="tsv").accepted == EXPECTED
    assert read(csv(), format="CSV").accepted == EXPECTED


def test_excel_s_first_line_names_the_delimiter():
    for first in ("sep=;\r\n", '"sep=;"\n', "SEP=;\r"):
        found = read(first + csv(";") + "u;i\n")
        assert found.accepted == EXPECTED
        assert found.refused == [("a", 33, "too few fields")]


def test_files_without_a_header():
    assert read(csv(header=False), **NO_HEADER).accepted == EXPECTED
    columns = {"header": False, "columns": ["time", "x", "item", "user"]}
    rows = [(time, "", item, user) for user, item, time in ROWS]
    assert read(csv("|", header=False, rows=rows), **columns, delimiter="|").accepted == EXPECTED


def test_a_delimiter_behind_each_row():
    assert read(csv(tail=",")).accepted == EXPECTED
    assert read(csv("|", header=False, tail="|"), **NO_HEADER, delimiter="|").accepted == EXPECTED
    found = read("user,item,time\n" + csv(header=False, tail=",") + "u,i,1\n")
    assert found.accepted == EXPECTED
    assert found.refused == [("a", 32, "too few fields")]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_line_ends_and_marks_of_old_systems(end):
    text = csv(end=end) + f",,{end}" + f" , ,{end}" + f'"","",""{end}' + f"\x1a{end}" + "\x00" * 50
    for packed in (text.encode(), text.encode("utf-8-sig"), gzip.compress(text.encode())):
        found = read(packed)
        assert (found.accepted, found.refused) == (EXPECTED, [])


def test_blank_records_of_any_width_are_no_rows_and_count_as_lines():
    found = read(",,,\n" + csv() + ",\n,,,,,,\n \n\t,\u00a0,\nu,,\n")
    assert found.accepted == EXPECTED
    assert found.refused == [("a", 37, "missing item id")]
    assert found.by_file == [(31, 1)]


def test_a_header_within_the_file_is_refused_by_name():
    found = read(csv() + csv() + "\ufeff" + csv())
    assert found.accepted == EXPECTED * 3
    assert found.refused == [("a", 32, "the header again"), ("a", 63, "the header again")]
    assert read(csv(), **NO_HEADER).refused == [("a", 1, "the header again")]
    (fault,) = read(csv() + "item,user,time\ni1,u1,1\n").faults
    assert fault == "a line 32 is a header again, with its columns in another order; make two files of it"


@pytest.mark.parametrize("ruler", ["----,------,-", ":--,:---:,--:", "====,====,====", "--------+------+-----"])
def test_a_line_that_is_drawn_under_the_header_is_no_row(ruler):
    header, rows = csv().split("\n", 1)
    found = read(f"{header}\n{ruler}\n{rows}--,----,7\n")
    assert found.refused == [("a", 2, "a line drawn under the header")]
    assert found.accepted == [*EXPECTED, ("--", "----", 7.0)]
    assert read(f"--,----,7\n{rows}", **NO_HEADER).accepted == [("--", "----", 7.0), *EXPECTED]


@pytest.mark.parametrize("row", ["-,--,7", "----,i1,7", "- -,--,7"])
def test_a_row_of_which_only_a_part_is_drawn_is_one(row):
    header, rows = csv().split("\n", 1)
    assert read(f"{header}\n{row}\n{rows}").refused == []


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("described", [NO_HEADER, {"format": "jsonl"}])
def test_utf16_without_a_mark_is_not_read_as_something_else(encoding, described):
    text = csv() if described is NO_HEADER else '{"user": "u1", "item": "i1", "time": 5}\n' * 9
    (fault,) = read(text.encode(encoding), **described).faults
    assert fault.endswith(f'set "encoding": "{encoding}" in input/dataset.json')
    assert read(text.encode(encoding), **described, encoding=encoding).faults == []


def test_what_fills_fields_of_a_fixed_width_is_no_part_of_an_id():
    found = read(csv(rows=[(f"{user}\0\0", f"{item}\0 ", time) for user, item, time in ROWS]))
    assert (found.accepted, found.faults) == (EXPECTED, [])
    (within,) = {user for user, _, _ in read(csv(rows=[("a\0b", "i", "5")] * 3)).accepted}
    assert within == "a\0b"


def test_an_id_that_is_called_like_its_column_is_no_header():
    assert read(csv() + "user,i1,7\n").accepted == [*EXPECTED, ("user", "i1", 7.0)]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("latin-1", "Zoë"),
        ("cp1252", "Zoë €"),
        ("shift_jis", "山田"),
        ("gb18030", "李🎬"),
        ("utf-16-le", "Zoë"),
        ("cp037", "A"),
    ],
)
def test_encodings(encoding, name):
    text = csv(rows=[*ROWS, (name, "i1", "5")])
    assert read(text.encode(encoding), encoding=encoding).accepted == [*EXPECTED, (name, "i1", 5.0)]
    # A byte order mark takes precedence over dataset.json.
    for mark in ("utf-8-sig", "utf-16", "utf-32"):
        assert read(text.encode(mark), encoding=encoding).accepted == [*EXPECTED, (name, "i1", 5.0)]


def test_bytes_of_another_encoding_cost_their_rows():
    found = read(csv(rows=[*ROWS, ("Zoë", "i1", "5")]).encode("latin-1"))
    assert (found.accepted, found.refused) == (EXPECTED, [("a", 32, "not UTF-8")])
    found = read(csv().encode() + b"\x81\x8d,i1,5\n", encoding="cp1252")
    assert (found.accepted, found.refused) == (EXPECTED, [("a", 32, "not cp1252")])
    found = read(csv().encode("utf-16") + b"\x00")
    assert found.accepted == EXPECTED


def test_utf8_is_not_misread_as_something_else():
    text = csv(rows=[(f"Zoë {user}", item, time) for user, item, time in ROWS])
    (fault,) = read(text.encode(), encoding="cp1252").faults
    assert fault.startswith("a is UTF-8, and input/dataset.json says cp1252, in which it would be misread")


def test_quotes_and_escapes():
    rows = [(f'"{user}"', item, time) for user, item, time in ROWS]
    quoted = [(f'"{user}"', item, time) for user, item, time in EXPECTED]
    assert read(csv("\t", rows=rows), delimiter="tab", quote="").accepted == quoted
    spark = csv(rows=[(f'"\\"{user}\\""', item, time) for user, item, time in ROWS])
    assert read(spark, escape="\\").accepted == quoted
    assert read(csv(rows=[(f"'{user}'", item, time) for user, item, time in ROWS]), quote="'").accepted == EXPECTED
    doubled = csv(rows=[(f'"""{user}"""', item, time) for user, item, time in ROWS])
    assert read(doubled).accepted == read(doubled, escape='"').accepted == quoted


def test_null_of_databases_under_an_escape_is_null():
    found = read(csv("\t") + "\\N\ti1\t5\nu1\t\\N\t5\nu1\ti1\t\\N\n", delimiter="tab", quote="", escape="\\")
    assert found.accepted == EXPECTED
    null = "(a null marker)"
    assert [reason for *_, reason in found.refused] == [
        f"missing {what} {null}" for what in ("user id", "item id", "time")
    ]


def test_blanks_around_ids_are_trimmed_and_counted():
    rows = [(f" {user}\u00a0", f"{item}   ", f" {time} ") for user, item, time in ROWS]
    found = read(csv(rows=rows))
    assert (found.accepted, found.padded) == (EXPECTED, 30)
    found = read(csv(", ", rows=[(f'"{user}"', f'"{item}"', time) for user, item, time in ROWS]))
    assert (found.accepted, found.padded) == (EXPECTED, 0)
    found = read("user, item, time\n" + csv(", ", header=False), item=" item")
    assert (found.accepted, found.padded) == (EXPECTED, 30)


def test_columns_in_the_names_of_folders():
    parts = {
        "time=2024-01-01%2006%3A00%3A00/a.csv": "user,item\nu1,i1\n",
        "time=1704067201/user=a%2Fb/b.csv": "item\ni2\n",
        "time=__HIVE_DEFAULT_PARTITION__/c.csv": "user,item\nu1,i1\n",
        "time=7/d.csv": "user,item,time\nu1,i1,1704067208\n",
    }
    found = read(parts, timestamp_format=None)
    assert found.accepted == [("a/b", "i2", 1704067201.0), ("u1", "i1", 1704088800.0), ("u1", "i1", 1704067208.0)]
    assert [reason for *_, reason in found.refused] == ["missing time"]
    assert found.faults == []


@pytest.mark.parametrize("name", ["_SUCCESS", ".a.crc", "x.crc", "__MACOSX/._a", ".DS_Store", "Thumbs.db", "~$a.csv"])
def test_what_other_programs_leave_in_folders_is_no_data(name):
    assert read({"a": csv(), name: "rubbish"}).faults == []


def test_a_column_that_is_used_has_a_bound_and_no_other():
    rows = [(*row, "x" * 140_000) for row in ROWS]
    assert read("user,item,time,review\n" + csv(header=False, rows=rows)).accepted == EXPECTED
    found = read(csv(rows=[*ROWS, ("u1", "i1", "1" * 16_385), ("u" * 16_384, "i1", "1"), ("u" * 100_000, "i1", "1")]))
    assert found.accepted == EXPECTED
    assert [reason for *_, reason in found.refused] == [
        "a field longer than 16,384 characters",
        "user id longer than 1,024 bytes",
        "a field longer than 16,384 characters",
    ]
