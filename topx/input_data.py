"""Uploads a folder's data to the bucket's ``input/``."""

from pathlib import Path

from contract import table_formats
from contract.marker_files import is_marker
from contract.run_layout import DATASET_KEY, RULES_KEY
from topx.deployment import Deployment
from topx.problem import Problem

INPUT_PREFIX = "input/"
_FOLDERS = ("interactions", "items", "users")


def files_of(folder: Path) -> dict[str, Path]:
    """The files to upload, by key; ``dataset.json`` comes last, because it marks the data as complete.

    A folder without ``dataset.json`` is uploaded too: the workflow refuses it, and says what is missing. Files of other
    programs that no run reads are skipped.

    Raises:
        Problem: if there is no such folder, a file's name is not a valid key, or the files belong to a table format.
    """
    if not folder.is_dir():
        raise Problem(f"--data must name a folder with dataset.json and interactions/, and {folder} is not a folder")
    for name in _FOLDERS:
        below = (path.relative_to(folder / name).as_posix() for path in sorted((folder / name).rglob("*")))
        if fault := table_formats.fault(f"{folder / name}/", below):
            raise Problem(fault)
    found = {
        f"{INPUT_PREFIX}{path.relative_to(folder).as_posix()}": path
        for name in _FOLDERS
        for path in sorted((folder / name).rglob("*"))
        if path.is_file() and not is_marker(path.relative_to(folder / name).as_posix())
    }
    undecodable = [key for key in found if not _is_utf8(key)]
    if undecodable:
        raise Problem(f"{undecodable[0]!a} has a name that is not UTF-8, as S3 requires: rename the file")
    if (folder / "rules.json").is_file():
        found[RULES_KEY] = folder / "rules.json"
    if (folder / "dataset.json").is_file():
        found[DATASET_KEY] = folder / "dataset.json"
    return found


def _is_utf8(name: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in name)


def replace(deployment: Deployment, files: dict[str, Path]) -> None:
    """Upload ``files`` to ``input/`` in order, replacing everything that is there."""
    # dataset.json is deleted first: a run that starts in between must find no data rather than part of it.
    for key in sorted(_present(deployment), key=lambda key: key != DATASET_KEY):
        deployment.s3.delete_object(Bucket=deployment.bucket, Key=key)
    add(deployment, files)


def add(deployment: Deployment, files: dict[str, Path]) -> None:
    """Upload ``files`` to ``input/`` in order, in addition to what is there."""
    for key, path in files.items():
        deployment.s3.upload_file(str(path), deployment.bucket, key)


def refuse_present(deployment: Deployment) -> None:
    """Check that ``replace`` would not lose data: the bucket keeps no earlier versions.

    Raises:
        Problem: if there is anything under ``input/``.
    """
    there = _present(deployment)
    if there:
        raise Problem(
            f"s3://{deployment.bucket}/{INPUT_PREFIX} holds {len(there)} objects already, such as {there[0]}, and the "
            "bucket keeps no earlier versions: use --replace to delete them first, or leave out --data and --sample "
            "to use them"
        )


def _present(deployment: Deployment) -> list[str]:
    pages = deployment.s3.get_paginator("list_objects_v2").paginate(Bucket=deployment.bucket, Prefix=INPUT_PREFIX)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]
