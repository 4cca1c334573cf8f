"""Where ``topx`` prints: everything is text, and none of it can act on the terminal.

Ids, titles, file names and reasons of services are strangers' text. It is never read as Rich's markup or emoji codes,
and what would act (escape sequences, bidi overrides, line ends) is shown as an escape.
"""

import argparse
import io
import json
import os
import sys
import traceback
from typing import Any, TextIO, cast

from rich.console import Console
from rich.text import Text

from contract.visible_text import visible


class Terminal(Console):
    """A console that prints text as text, whatever the encoding, and outlives its reader (``topx runs | head -1``)."""

    def __init__(self, **options: Any) -> None:
        """Take a Console's ``options``; those that turn text into something else are off."""
        super().__init__(**options, markup=False, emoji=False, highlight=False)
        if isinstance(self.file, io.TextIOWrapper):
            self.file.reconfigure(errors="backslashreplace")

    def render_str(self, text: str, **options: Any) -> Text:
        """Rich's way of every string, of cells and titles too, into what is shown: without markup, and harmless."""
        layout = {name: options[name] for name in ("style", "justify", "overflow") if options.get(name)}
        # Characters that the encoding lacks are written out before the layout, so that columns stay aligned.
        written = visible(text, keep="\n").encode(self.encoding, "backslashreplace").decode(self.encoding)
        return Text(written, **layout)

    def print_document(self, value: Any) -> None:
        """Print ``value`` as one line of JSON that holds no control character, in ASCII where there is no more."""
        written = json.dumps(value, ensure_ascii=not self.encoding.startswith("utf"))
        self.print(visible(written, escape=lambda character: json.dumps(character)[1:-1]), soft_wrap=True)

    def print_error(self, said: object) -> None:
        """Print why a command ends, in one line if it is one."""
        self.print(f"topx: {said}", soft_wrap=True)

    def print_traceback(self, error: BaseException) -> None:
        """Print a mistake of ours, whose message may hold strangers' text."""
        self.print("".join(traceback.format_exception(error)).rstrip(), soft_wrap=True)

    def on_broken_pipe(self) -> None:
        """Go on in silence when nobody reads any more: a run that is followed is still to be recorded."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


def styled(text: str, style: str) -> Text:
    """``text`` in a style, as harmless as if it were printed without."""
    return Text(visible(text, keep="\n"), style=style)


class Parser(argparse.ArgumentParser):
    """A parser whose help and errors, which repeat what was typed, go through a Terminal."""

    def _print_message(self, message: str, file: Any = None) -> None:
        # The one way of argparse's help, usage and errors to the screen.
        if message:
            Terminal(file=cast(TextIO, file or sys.stderr)).print(message, end="", soft_wrap=True)
