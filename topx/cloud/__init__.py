"""``make bootstrap``, ``make deploy`` and ``make destroy``: manage the stack in an AWS account."""
