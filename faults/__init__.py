"""``make faults``: seeded service faults, kills and damaged objects, against the deployed code.

The clock is replaced before any module under test is imported, because a default such as ``pause=time.sleep`` is
evaluated on import. Outside a schedule's own threads, this changes nothing.
"""

from faults import turns

turns.take_over_time()
