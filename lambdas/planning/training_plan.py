"""The parts of the training requests that depend on the size of the data."""

from collections.abc import Mapping

from contract import freshness, recommendation_table, run_plan
from contract.documents import Plan, RefusedSummary, Summary, TrainingFiles
from contract.outcome_documents import TrainingSeconds
from contract.refusal import InputRefused, RequestRefused
from contract.request_document import Request
from contract.run_layout import RunLayout
from contract.stage_fragments import Channel
from lambdas.planning import training_time
from lambdas.planning.job_requests import channel
from lambdas.planning.training_time import TrainingSize
from sagemaker_contract import fm_hyperparameters

# k-NN's labels are float32: beyond this number, two items could have the same label.
MOST_ITEMS = 2**24
# The memory of the loading function for the catalogue's ids (lambdas/loading/packed_ids.py), besides four bytes for
# each item, the rows that verify its lists (containers/extract/lists/proofs.py) and a part.
MOST_ID_BYTES = 512 * 2**20


def usable(layout: RunLayout, plan: Plan, summary: Summary | RefusedSummary) -> Summary:
    """The summary, if the data can become lists in the table.

    Raises:
        InputRefused: if prepare refused the data, it is too old, or ids or items are too large or too many.
    """
    if summary["status"] != "ready":
        text = "; ".join(summary["reasons"])
        rejected = f"{layout.run}rejected/"
        if summary["rows"]["rejected"] and rejected not in text:
            text += f"; the rejected rows are under {rejected}"
        raise InputRefused(text)
    longest_user, longest_item = summary["longest_id_bytes"]["user"], summary["longest_id_bytes"]["item"]
    top_x = min(plan["request"]["top_x"], summary["items"])
    faults = []
    within_days = plan["request"]["newest_within_days"]
    if old := freshness.fault(summary["latest_time"], within_days, plan["execution"]["started"]):
        faults.append(old)
    if summary["items"] > MOST_ITEMS:
        faults.append(
            f"{summary['items']} items are more than k-NN can label ({MOST_ITEMS}: its labels are float32); leave out "
            "the items without recent interactions"
        )
    if summary["item_id_bytes"] > MOST_ID_BYTES:
        faults.append(
            f"the ids of all {summary['items']} items have {summary['item_id_bytes']} bytes together, and the function "
            f"that writes the lists holds at most {MOST_ID_BYTES}; use shorter ids"
        )
    if longest_user > recommendation_table.MOST_USER_BYTES:
        faults.append(
            f"the longest user id has {longest_user} bytes, and a key of the table at most "
            f"{recommendation_table.MOST_USER_BYTES}; use shorter ids"
        )
    size = recommendation_table.largest_item_bytes(top_x, longest_user, longest_item)
    if size > recommendation_table.MOST_ITEM_BYTES:
        fitting = recommendation_table.largest_top_x(longest_user, longest_item)
        fix = f"set top_x to at most {fitting}, or use shorter ids" if fitting else "use shorter ids"
        faults.append(
            f"a list of {top_x} items could take {size} bytes, and an item of the table at most "
            f"{recommendation_table.MOST_ITEM_BYTES}: the longest item id has {longest_item} bytes, the longest user "
            f"id {longest_user}; {fix}"
        )
    if faults:
        raise InputRefused("; ".join(faults))
    return summary


def hyperparameters(request: Request, summary: Summary) -> dict[str, str]:
    """Hyperparameters of factorization machines: the recipe's, then the request's, then the data's.

    The batch is large enough for the training to end in time, and no larger than the examples of one host: it is not
    documented whether SageMaker's container accepts a batch larger than its data, and similar algorithms refuse one.

    They are the same for the training on everything: these settings are what the gate checked, and batch and epochs
    determine how large a step is and how often an example is seen. More data means more steps, as it does from week to
    week. So the batch must fit the smaller of the two data sets (with the held-out interactions a user may have seen
    all items, and then adds no negatives).

    Raises:
        RequestRefused: if the request's own batch is larger than that, or the settings do not fit together.
    """
    given = {name: fm_hyperparameters.wire_value(value) for name, value in request["hyperparameters"].items()}
    values = run_plan.recipe(request["feedback"], summary["interactions"])
    for group in fm_hyperparameters.GROUPS:
        # A sigma only applies to the normal distribution, and the recipe's must not remain if the method changes.
        if given.get(f"{group}_init_method", "normal") != "normal":
            values.pop(f"{group}_init_sigma", None)
    if request["epochs"] is not None:
        values["epochs"] = str(request["epochs"])
    if "mini_batch_size" not in given:
        training_time.fit_batch(values, _sizes(request, summary, int(values["epochs"])))
    examples = min(files["examples"] for files in _trained_on(summary)) // request["training_instance_count"]
    values["mini_batch_size"] = str(max(1, min(int(values["mini_batch_size"]), examples)))
    values |= given
    values |= {"num_factors": str(request["factors"]), "feature_dim": str(summary["feature_dim"])}
    faults = fm_hyperparameters.faults(values)
    if not faults and int(values["mini_batch_size"]) > max(1, examples):
        faults.append(
            f"mini_batch_size must be at most the {examples} examples of a host, got {values['mini_batch_size']}"
        )
    if faults:
        raise RequestRefused(f"hyperparameters: {'; '.join(faults)}")
    return values


def expected_seconds(request: Request, summary: Summary, values: Mapping[str, str]) -> list[TrainingSeconds]:
    """How long each training is expected to take: the first one, and the one on everything if there is one.

    Args:
        values: the hyperparameters.

    Raises:
        RequestRefused: if one cannot end within the time limit of a training job. An operator who sets the instance
            type may choose one that is faster than the measured one.
    """
    batch, sizes = int(values["mini_batch_size"]), _sizes(request, summary, int(values["epochs"]))
    if request["training_instance_type"] is not None:
        return [size.seconds(batch) for size in sizes]
    return [size.require_time(batch) for size in sizes]


def _sizes(request: Request, summary: Summary, epochs: int) -> list[TrainingSize]:
    return [TrainingSize.of(request, summary, files, epochs) for files in _trained_on(summary)]


def channels(layout: RunLayout, request: Request, summary: Summary) -> list[Channel]:
    """The training job's channels: train, and test if there are held-out interactions.

    An empty prefix would fail the job, so test may be absent.

    Raises:
        RequestRefused: if there are fewer files than hosts.
    """
    found = [_train_channel(layout.uri(layout.train), request, summary)]
    if summary["test"]["files"]:
        found.append(channel("test", layout.uri(layout.test)))
    return found


def refit_channels(layout: RunLayout, request: Request, summary: Summary) -> list[Channel]:
    """The channels of the training on everything: only train, because nothing is left to test on. None without a refit.

    Raises:
        RequestRefused: if there are fewer files than hosts.
    """
    return [_train_channel(layout.uri(layout.refit), request, summary)] if run_plan.refits(summary) else []


def _trained_on(summary: Summary) -> list[TrainingFiles]:
    """The channel of each training, from the summary."""
    return [summary["training"], *([summary["refit"]] if run_plan.refits(summary) else [])]


def _train_channel(uri: str, request: Request, summary: Summary) -> Channel:
    """With several hosts, each gets its own files: if files were replicated, each host would train on all of them, and
    one epoch would count as many as there are hosts.
    """
    hosts, files = request["training_instance_count"], min(found["files"] for found in _trained_on(summary))
    if hosts > files:
        raise RequestRefused(
            f"training_instance_count must be at most the number of training files ({files}), got {hosts}: a host "
            "without a file fails the job"
        )
    return channel("train", uri, "ShardedByS3Key" if hosts > 1 else "FullyReplicated")


def knn_hyperparameters(request: Request, summary: Summary) -> dict[str, str]:
    """k-NN's hyperparameters: inner products over all items that the rules allow."""
    k = run_plan.neighbour_count(
        summary["servable"], request["top_x"], summary["seen_p95"], exclude_seen=request["exclude_seen"]
    )
    return {
        "feature_dim": str(run_plan.vector_columns(request, summary)),
        "k": str(k),
        # With fewer than the number of rows, k-NN would index a random sample of them.
        "sample_size": str(summary["servable"]),
        "predictor_type": "classifier",
        "index_type": request["index_type"],
        "index_metric": "INNER_PRODUCT",
    }
