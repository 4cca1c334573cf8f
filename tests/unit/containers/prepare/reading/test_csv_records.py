"""Records of CSV text: fields, line numbers, and the effect of a stray quote."""

import contextlib
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from containers.prepare.reading.csv_records import BROKEN_QUOTING, LONGEST_RECORD, Dialect, records
from containers.prepare.reading.text_lines import TOO_LONG, blocks

FIELD = st.text(st.sampled_from('ab"\r\n, \t\\;é日\0'), max_size=6)
COMMAS = Dialect()
TABLE = st.lists(st.lists(FIELD, min_size=2, max_size=3), max_size=12)


def read(text: str, dialect: Dialect = COMMAS, piece: int = 1_000_000) -> list[tuple[int, list[str], str | None]]:
    pieces = (text[at : at + piece] for at in range(0, len(text), piece))
    return list(records(blocks(pieces, ""), dialect))


@given(TABLE, st.sampled_from(["\n", "\r\n"]))
@example([['a"b', "line\r\nbreak"], ["", ""]], "\n")
def test_whatever_a_csv_writer_writes_comes_back_with_the_line_it_begins_on(table, line_end):
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    begins = []
    for row in table:
        begins.append(1 + len(io.StringIO(stream.getvalue(), newline="").readlines()))
        writer.writerow(row)
    assert read(stream.getvalue()) == [(line, row, None) for line, row in zip(begins, table, strict=True)]


def test_blank_lines_are_no_records_but_count_as_lines():
    assert read("\na,b\n\r\n\nc,d") == [(2, ["a", "b"], None), (5, ["c", "d"], None)]


def test_text_behind_a_closing_quote_costs_its_line_only():
    assert read('a,b\n"c"x,d\ne,f\n') == [
        (1, ["a", "b"], None),
        (2, ['"c"x,d'], BROKEN_QUOTING),
        (3, ["e", "f"], None),
    ]


def test_a_quote_that_is_never_closed_costs_its_line_only():
    rows = [f"u{n},i{n}" for n in range(50)]
    found = read("\n".join([*rows[:10], 'u,"never closed', *rows[10:]]))
    assert [record for record in found if record[2]] == [(11, ['u,"never closed'], BROKEN_QUOTING)]
    assert [fields for _, fields, fault in found if not fault] == [row.split(",") for row in rows]
    assert [line for line, _, _ in found] == list(range(1, 52))


def test_two_stray_quotes_cost_two_lines_at_most():
    text = 'a,"b\nc,d\n"e"f,g\nh,i\n'
    found = read(text)
    assert [record for record in found if not record[2]] == [(2, ["c", "d"], None), (4, ["h", "i"], None)]
    assert [line for line, _, fault in found if fault] == [1, 3]


def test_a_line_beyond_the_limit_costs_itself_only_and_is_shown_by_its_beginning():
    found = read(f"a,{'x' * LONGEST_RECORD}\nb,c\n", piece=65_536)
    assert [(line, fault) for line, _, fault in found] == [(1, TOO_LONG), (2, None)]
    assert found[0][1][0].startswith("a,xxx")
    assert len(found[0][1][0]) <= 1_000


def test_a_field_over_many_lines_is_read_up_to_the_limit():
    line = "x" * 10_000 + "\n"
    fits, exceeds = (LONGEST_RECORD * share // len(line) for share in (0.9, 1.4))
    good = f'a,"{line * int(fits)}"\nb,c\n'
    assert [(at, fault) for at, _, fault in read(good, piece=65_536)] == [(1, None), (int(fits) + 2, None)]
    found = read(f'a,"{line * int(exceeds)}"\nb,c\n', piece=65_536)
    assert found[0] == (1, [f'a,"{line[:-1]}'], BROKEN_QUOTING)
    assert found[-1] == (exceeds + 2, ["b", "c"], None)
    assert [at for at, _, _ in found] == list(range(1, int(exceeds) + 3))


def test_what_opens_near_the_end_of_a_record_beyond_the_limit_is_read_on():
    """Of the rejected record it is only known that it is open: the later record may still be closed."""
    filler = "x" * 10_000 + "\n"
    lines = LONGEST_RECORD * 13 // 10 // len(filler)
    found = list(records(blocks(['a,"\n' + filler * lines + 'x","\n', 'y"\nb,c\n'], ""), COMMAS))
    assert found[0] == (1, ['a,"'], BROKEN_QUOTING)
    assert found[-2:] == [(lines + 2, ['x"', "\ny"], None), (lines + 4, ["b", "c"], None)]
    assert len(found) == lines + 3


@given(st.text(st.sampled_from('ab"\n,\r'), max_size=60), st.integers(1, 9))
@example('a,"b\n"x\nc,"d\n', 3)
def test_records_are_those_of_reading_anew_from_each_line_that_is_given_up(text, piece):
    assert read(text, piece=piece) == list(anew(io.StringIO(text, newline="").readlines()))


def anew(lines: list[str]) -> Iterator[tuple[int, list[str], str | None]]:
    """Simple and quadratic: Python's reader, restarted after each broken record's first line."""
    begin = 0
    while begin < len(lines):
        reader = csv.reader(lines[begin:], strict=True)
        with contextlib.suppress(csv.Error):
            at = begin
            for fields in reader:
                if fields:
                    yield begin + 1, fields, None
                begin = at + reader.line_num
            return
        yield begin + 1, [lines[begin].rstrip("\r\n")], BROKEN_QUOTING
        begin += 1


@pytest.mark.parametrize("line", ['x","\n', 'a,"b\n', '"a"x,b\n', 'a,"x\n"y,1\n', '"\n', '""\n"\n'])
def test_each_line_is_read_a_few_times_at_most_whatever_the_quotes(line):
    """Rereading from each line would read each as often as there are lines before it; here the time is linear."""
    lines = 8_000
    read_lines = 0

    @dataclass(frozen=True)
    class Counting(Dialect):
        def reader(self, lines):
            def counted():
                nonlocal read_lines
                for line in lines:
                    read_lines += 1
                    yield line

            return super().reader(counted())

    found = read(line * lines, Counting(), piece=4_096)
    assert len(found) > lines / 8
    assert read_lines < 8 * len(found) + 8 * lines * line.count("\n")


def test_blanks_between_delimiters_and_quotes_are_no_part_of_fields():
    assert read('"a", "b, c",  "d"\n "e","f",g\n') == [(1, ["a", "b, c", "d"], None), (2, ["e", "f", "g"], None)]
    assert read('a,b "c"\n"d, ""e""",f\n') == [(1, ["a", 'b "c"'], None), (2, ['d, "e"', "f"], None)]


@pytest.mark.parametrize(
    ("dialect", "text", "fields"),
    [
        (Dialect("\t"), 'a b\t"c\td"', ["a b", "c\td"]),
        (Dialect("\t", quote=""), '"a\tb"', ['"a', 'b"']),
        (Dialect(" "), 'a "b c" d', ["a", "b c", "d"]),
        (Dialect(";", quote="'"), "a;'b;''c'", ["a", "b;'c"]),
        (Dialect(escape="\\"), '"3\\" x 4\\", steel",b', ['3" x 4", steel', "b"]),
        (Dialect("\t", quote="", escape="\\"), "a\\\tb\tc", ["a\tb", "c"]),
        (Dialect(escape="\\"), r'\N,"x",\N', [r"\N", "x", r"\N"]),
        (Dialect("|", escape="\\"), r"a\N|\N|b", ["aN", r"\N", "b"]),
    ],
)
def test_dialects(dialect, text, fields):
    assert read(text + "\n" + text, dialect) == [(1, fields, None), (2, fields, None)]


@given(st.text(st.sampled_from('ab"\n,\r'), max_size=40))
def test_no_line_is_lost_or_read_twice_whatever_the_quotes(text):
    found = read(text)
    lines = io.StringIO(text, newline="").readlines()
    begins = [line for line, _, _ in found]
    assert begins == sorted(set(begins))
    punctuation = str.maketrans("", "", '",\r\n')
    for (begin, fields, _), end in zip(found, [*begins[1:], len(lines) + 1], strict=False):
        covered = "".join(lines[begin - 1 : end - 1])
        assert "".join(fields).translate(punctuation) == covered.translate(punctuation)
