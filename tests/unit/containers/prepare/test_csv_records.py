"""Records of CSV text: fields, line numbers, and what a stray quote costs."""

import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st

from containers.prepare.csv_records import BROKEN_QUOTING, records

FIELD = st.text(st.sampled_from('ab"\r\n, \t\\;é日\0'), max_size=6)
TABLE = st.lists(st.lists(FIELD, min_size=2, max_size=3), max_size=12)


def read(text: str) -> list[tuple[int, list[str], str | None]]:
    return list(records(io.StringIO(text, newline="")))


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


def test_a_field_beyond_the_limit_costs_its_line_only():
    found = read(f"a,{'x' * (csv.field_size_limit() + 1)}\nb,c\n")
    assert [(line, fault) for line, _, fault in found] == [(1, BROKEN_QUOTING), (2, None)]


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
