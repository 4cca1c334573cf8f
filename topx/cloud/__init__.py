"""``make bootstrap``, ``make deploy`` and ``make destroy``: the stack in an AWS account."""
