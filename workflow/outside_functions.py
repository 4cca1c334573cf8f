"""The functions that no state invokes: an operator or EventBridge does."""

from contract.documents_of_users import places_of_users
from contract.run_layout import ERASURES_PREFIX
from workflow.stage import (
    ANY_RUN,
    AsksAboutRuns,
    Deletes,
    DeletesOlder,
    Function,
    ListsRuns,
    Reads,
    UsesTable,
    Writes,
)

OUTSIDE_FUNCTIONS: tuple[Function, ...] = (
    Function(
        "rollback",
        "moves the pointer back to an older version",
        may=(
            UsesTable(
                "ReadVersionsAndPointer",
                "Whether the version can become current, and which one is current.",
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
        "forget_user",
        "erases a user from lists and runs' files",
        may=(
            ListsRuns("SeeWhetherARunIsInProgress", "Nothing is erased while a run is reading and writing it."),
            AsksAboutRuns(
                "SeeWhetherANewRunIsOver",
                "A run that has just begun may not be listed yet.",
                ("states:DescribeExecution",),
            ),
            UsesTable(
                "PutOnSuppressionListAndFindLists",
                "No later run creates a list for the user; and the lists of all versions are found.",
                ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"),
                "forgotten users, lists",
            ),
            UsesTable("DeleteLists", "The user's lists.", ("dynamodb:BatchWriteItem",), "lists: deleted"),
            Reads(
                "ReadPlanAndRecord",
                "A plan names the execution of a new run; the record says how far an earlier call got.",
                (ANY_RUN.plan, ERASURES_PREFIX),
            ),
            Writes("WriteRecord", "What was erased, and what remains.", (ERASURES_PREFIX,)),
            Reads("ReadWhatHoldsUsers", "It is searched for the user.", places_of_users(ANY_RUN)),
            Writes("RewriteWhatHoldsUsers", "The same documents without the user.", places_of_users(ANY_RUN)),
            Deletes("DeleteScratch", "Scratch files are deleted, not rewritten.", (ANY_RUN.scratch,)),
            DeletesOlder(
                "DeleteOlderVersions",
                "A versioned bucket still has the old versions of rewritten or deleted objects.",
                (*places_of_users(ANY_RUN), ANY_RUN.scratch),
            ),
        ),
        minutes=15,
        memory_mb=2048,
    ),
    Function(
        "measure_age",
        "reports the age of the published lists to CloudWatch",
        may=(
            UsesTable(
                "ReadPointerAndVersion",
                "The newest version, and when it was published.",
                ("dynamodb:GetItem",),
                "the pointer, the version",
            ),
            UsesTable(
                "ReadWhenTheTableWasMade",
                "Before the first version, the age counts from the table's creation.",
                ("dynamodb:DescribeTable",),
                "its age",
            ),
            Reads("ReadSummary", "The time of the newest interaction.", (ANY_RUN.summary,)),
        ),
    ),
    # The parts that name the map runs and the topic are in infra/monitoring.py.
    Function(
        "notify_failure",
        "sends a message about how a run failed and what to do",
        may=(
            UsesTable(
                "ReadPointer",
                "The message says which version is current.",
                ("dynamodb:GetItem",),
                "the pointer",
            ),
        ),
    ),
)
