"""``topx``'s output: everything is printed as text, and nothing in it can control the terminal.

Ids, titles, file names and service messages are untrusted. They are never read as Rich's markup or emoji codes, and
control characters (escape sequences, bidi overrides, line ends) are shown as escapes.
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
    """A console that prints text as it is, in any encoding, and survives a closed pipe (``topx runs | head -1``)."""

    def __init__(self, **options: Any) -> None:
        """Takes a Console's ``options``; those that interpret text are off."""
        super().__init__(**options, markup=False, emoji=False, highlight=False)
        if isinstance(self.file, io.TextIOWrapper):
            self.file.reconfigure(errors="backslashreplace")

    def render_str(self, text: str, **options: Any) -> Text:
        """Rich's conversion of every string, including cells and titles: without markup, and with control characters
        escaped.
        """
        layout = {name: options[name] for name in ("style", "justify", "overflow") if options.get(name)}
        # Characters missing in the encoding are escaped before the layout, so that columns stay aligned.
        written = visible(text, keep="\n").encode(self.encoding, "backslashreplace").decode(self.encoding)
        return Text(written, **layout)

    def print_document(self, value: Any) -> None:
        """Print ``value`` as one line of JSON without control characters, in ASCII if the encoding has no more."""
        written = json.dumps(value, ensure_ascii=not self.encoding.startswith("utf"))
        self.print(visible(written, escape=lambda character: json.dumps(character)[1:-1]), soft_wrap=True)

    def print_error(self, message: object) -> None:
        """Print why a command fails, in one line if possible."""
        self.print(f"topx: {message}", soft_wrap=True)

    def print_traceback(self, error: BaseException) -> None:
        """Print the traceback of a bug in topx, whose message may have untrusted text."""
        self.print("".join(traceback.format_exception(error)).rstrip(), soft_wrap=True)

    def on_broken_pipe(self) -> None:
        """Continue silently if nobody reads the output any more: the result of a run is still to be recorded."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


def styled(text: str, style: str) -> Text:
    """``text`` in a style, with control characters escaped."""
    return Text(visible(text, keep="\n"), style=style)


class Parser(argparse.ArgumentParser):
    """A parser that prints help and errors, which repeat the user's input, through a Terminal."""

    def _print_message(self, message: str, file: Any = None) -> None:
        # The only method through which argparse prints help, usage and errors.
        if message:
            Terminal(file=cast(TextIO, file or sys.stderr)).print(message, end="", soft_wrap=True)
