"""What ministack serves beside AWS's APIs is not served here, not even to the administrator.

Its administration, its viewers of mail and messages, login pages, downloads of code, and the data planes that look at
host and path alone: function URLs, API Gateway, load balancers, distributions, virtual-hosted buckets. What
is left is the dispatch to services, which asks IAM about each call.
"""

from ministack import app


def install() -> None:
    """Take them out of ministack's application."""
    app._handle_pre_body_request = _nothing
    app._handle_post_body_shortcuts = _nothing
    app._handle_special_data_plane_request = _nothing


async def _nothing(*_given: object, **_named: object) -> None:
    """No such route: go on to the dispatch."""
