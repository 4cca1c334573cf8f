"""``topx open``: shows pages about a deployment in the browser."""

import webbrowser
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from topx.aws_problems import as_aws_problem
from topx.deployment import Deployment
from topx.home import home
from topx.terminal import Terminal
from topx.web.markup import element, joined
from topx.web.pages import StackPages
from topx.web.server import Server


def open_pages(deployment: Deployment, console: Terminal, *, profile: str | None, browse: bool) -> int:
    """Serve the pages until Ctrl-C, and print their address.

    Args:
        profile: in AWS's configuration files, named in messages about errors.
        browse: whether to open the browser.
    """
    text = partial(as_aws_problem, profile) if deployment.stack else nullcontext
    with Server(StackPages(deployment, text, console.print_traceback)) as server:
        console.print(f"{server.rules.entrance}\nCtrl-C ends it.", soft_wrap=True)
        way_in = home() / f"open-{server.server_port}.html"
        try:
            if browse:
                _browse(way_in, server.rules.entrance)
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
        finally:
            way_in.unlink(missing_ok=True)
    return 0


def _browse(way_in: Path, entrance: str) -> None:
    """Open the browser with a file that only its owner can read: a process's arguments are visible to all users."""
    onward = element("meta", http_equiv="refresh", content=f"0; url={entrance}")
    link = element("a", "Go on to topx", href=entrance)
    way_in.parent.mkdir(parents=True, exist_ok=True)
    way_in.touch(0o600)
    way_in.write_text(f"<!DOCTYPE html>\n{joined([onward, link]).markup}\n", encoding="utf-8")
    webbrowser.open(way_in.as_uri())
