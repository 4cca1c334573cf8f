"""A state machine's definition in Amazon States Language, as JSON decodes it."""

from typing import Any

State = dict[str, Any]
"""One state."""

Definition = dict[str, Any]
"""A machine: StartAt, States, and what holds for all of them."""
