"""A state machine's definition in Amazon States Language, as decoded from JSON."""

from typing import Any

State = dict[str, Any]
"""A state."""

Definition = dict[str, Any]
"""A state machine: StartAt, States, and the fields for all of them."""
