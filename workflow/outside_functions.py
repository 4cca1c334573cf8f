"""The functions that no state calls: an operator does, or EventBridge."""

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
        "forget_user",
        "erases a user from lists and runs' files",
        may=(
            ListsRuns("SeeWhetherARunGoesOn", "What a run has read and will write is not erased beside it."),
            AsksAboutRuns(
                "SeeWhetherANewRunIsOver",
                "A run that has just begun may not be listed yet.",
                ("states:DescribeExecution",),
            ),
            UsesTable(
                "PutOnSuppressionListAndFindLists",
                "No run makes a list of the user again; and every version's list is found.",
                ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"),
                "who was forgotten, lists",
            ),
            UsesTable("DeleteLists", "The user's lists.", ("dynamodb:BatchWriteItem",), "lists: deleted"),
            Reads(
                "ReadPlanAndRecord",
                "A plan names the execution of a new run; the record says how far an earlier call came.",
                (ANY_RUN.plan, ERASURES_PREFIX),
            ),
            Writes("WriteRecord", "What was erased, and what remains.", (ERASURES_PREFIX,)),
            Reads("ReadWhatHoldsUsers", "It is searched for the user.", places_of_users(ANY_RUN)),
            Writes("RewriteWhatHoldsUsers", "The same without the user.", places_of_users(ANY_RUN)),
            Deletes("DeleteScratch", "Scratch files are not worth rewriting.", (ANY_RUN.scratch,)),
            DeletesOlder(
                "DeleteOlderVersions",
                "What was rewritten or deleted is still there in a bucket that keeps versions.",
                (*places_of_users(ANY_RUN), ANY_RUN.scratch),
            ),
        ),
        minutes=15,
        memory_mb=2048,
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
