"""The functions that no state calls: an operator does, or EventBridge."""

from workflow.stage import ANY_RUN, Function, Reads, UsesTable

OUTSIDE_FUNCTIONS: tuple[Function, ...] = (
    Function(
        "rollback",
        "moves the pointer back to an older version",
        may=(
            UsesTable(
                "ReadVersionsAndPointer",
                "Whether the version can be served, and which is served now.",
                ("dynamodb:GetItem", "dynamodb:Query"),
                "versions, the pointer",
            ),
            UsesTable(
                "MovePointerToPublishedVersion",
                "One transaction moves the pointer and records the move, if the version is not retiring.",
                ("dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem"),
                "the pointer",
            ),
        ),
    ),
    Function(
        "measure_age",
        "tells CloudWatch how old the published lists are",
        may=(
            UsesTable(
                "ReadPointerAndVersion",
                "Which version is the newest, and when it was published.",
                ("dynamodb:GetItem",),
                "the pointer, the version",
            ),
            UsesTable(
                "ReadWhenTheTableWasMade",
                "Before anything is published, the wait began with the table.",
                ("dynamodb:DescribeTable",),
                "its age",
            ),
            Reads("ReadSummary", "Of when the newest interaction is.", (ANY_RUN.summary,)),
        ),
    ),
    # What names the map runs and the topic is in infra/monitoring.py.
    Function(
        "notify_failure",
        "tells people how a run failed and what to do",
        may=(
            UsesTable(
                "ReadPointer",
                "The message says which version is served meanwhile.",
                ("dynamodb:GetItem",),
                "the pointer",
            ),
        ),
    ),
)
