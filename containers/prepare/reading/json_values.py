"""The values in JSON files: one a line, or the elements of an array, each with the line it begins on."""

import itertools
from collections.abc import Iterable, Iterator

from containers.prepare.reading import json_array, json_decoding
from containers.prepare.reading.blanks import BLANKS
from containers.prepare.reading.input_files import FileFault, InputFile
from containers.prepare.reading.json_array import Value
from containers.prepare.reading.text_lines import TOO_LONG, blocks

# Around a value: blanks, and characters from concatenated files, JSON text sequences, and old systems.
_EDGES = BLANKS + "\x1e\x00\x1a"


def values(file: InputFile, pieces: Iterable[str]) -> Iterator[Value]:
    """Each line's value, or if the file is an array of objects, its elements; blank lines are skipped.

    Args:
        pieces: of the file's text.

    Raises:
        FileFault: if an array is damaged, or objects span several lines, because it is uncertain where the next one
            begins.
    """
    pieces = iter(pieces)
    begin = next(pieces, "")
    if json_array.begins_array(begin.lstrip(_EDGES)):
        yield from json_array.elements(file, itertools.chain([begin], pieces))
        return
    if begin.lstrip(_EDGES).split("\n", 1)[0].rstrip() == "{":
        raise FileFault(
            f"{file.key} has objects over several lines, and must have one a line, which jq -c . FILE writes"
        )
    for block in blocks(itertools.chain([begin], pieces), "\n"):
        for line, raw in enumerate(block.lines, block.first):
            text = raw.strip(_EDGES)
            if block.too_long:
                yield line, None, text, TOO_LONG
            elif text:
                value, fault = json_decoding.decoded(text)
                yield line, value, text, fault
