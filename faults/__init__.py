"""What ``make faults`` does: bad weather, kills and damage, seeded, against the code that is deployed.

The clock is taken over before any module under test is imported: a default such as ``pause=time.sleep`` is looked up
then. Outside of a schedule's own threads, nothing changes by it.
"""

from faults import turns

turns.take_over_time()
