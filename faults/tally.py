"""Counts the results of one kind of damage."""

from collections import Counter
from dataclasses import dataclass, field

HEADER = f"{'what is damaged':<70} {'tried':>6} {'caught':>6} {'harmless':>8} {'wrong':>6}          promised"


@dataclass
class Tally:
    """The results of the trials of one kind; ``untold`` are errors that name no object."""

    kind: str
    promised: bool
    counts: Counter[str] = field(default_factory=Counter)
    untold: list[str] = field(default_factory=list)

    @property
    def tried(self) -> int:
        return self.counts.total()

    @property
    def lost(self) -> bool:
        """Whether a promise was broken."""
        return bool(self.promised and self.counts["wrong"]) or bool(self.untold)

    def row(self) -> str:
        """A line of the table."""
        harmful = self.counts["caught"] + self.counts["wrong"]
        share = f"{self.counts['caught'] / harmful:.1%}" if harmful else "-"
        return (
            f"{self.kind:<70} {self.tried:>6} {self.counts['caught']:>6} {self.counts['harmless']:>8} "
            f"{self.counts['wrong']:>6}  {share:>6}  {'always' if self.promised else 'mostly'}"
        )
