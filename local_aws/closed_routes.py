"""Disables everything that ministack serves besides AWS's APIs, even for the administrator.

That is its administration, its viewers of mail and messages, login pages, code downloads, and the data planes that are
routed by host and path alone: function URLs, API Gateway, load balancers, distributions, virtual-hosted buckets. What
remains is the dispatch to services, which authorizes each call.
"""

from ministack import app


def install() -> None:
    """Remove them from ministack's application."""
    app._handle_pre_body_request = _nothing
    app._handle_post_body_shortcuts = _nothing
    app._handle_special_data_plane_request = _nothing


async def _nothing(*_given: object, **_named: object) -> None:
    """No such route: continue with the dispatch."""
