"""The internal names of ministack that the embedded AWS uses, and the version that has them: checked at start.

A name is listed if it is read, called, or replaced. When upgrading ministack, check its source at each of them.
"""

from importlib import import_module, metadata

from local_aws.problem import EmbeddedAwsProblem

SUPPORTED = "1.5.33"

NAMES = {
    "ministack.app": (
        "AUTH",
        "SERVICE_HANDLERS",
        "app",
        "main",
        "pin_request_origin",
        "save_all",
        "_build_persistence_save_dict",
        "_get_module",
        "_handle_post_body_shortcuts",
        "_handle_pre_body_request",
        "_handle_special_data_plane_request",
        "_load_persisted_state",
        "_state_map",
    ),
    "ministack.core.arn": ("parse_arn",),
    "ministack.core.iam_actions": (
        "SERVICE_TO_IAM_NAMESPACE",
        "access_denied_response",
        "extract_resource_arn",
        "identity_denial_message",
        "json",
    ),
    "ministack.core.iam_evaluator": (
        "CredentialResolutionError",
        "EvalContext",
        "enforce",
        "evaluate_resource_policy",
        "is_root_access_key",
        "pin_request_origin",
        "resolve_credential",
        "_request_origin",
    ),
    "ministack.core.lambda_runtime": ("execution_credentials", "reset"),
    "ministack.core.persistence": ("_json_default", "_json_object_hook", "_state_format_version"),
    "ministack.core.responses": ("get_account_id", "get_region", "request_scope", "_account_from_sts_session"),
    "ministack.core.router": ("SERVICE_PATTERNS",),
    "ministack.core.sigv4": ("decode_header_value",),
    "ministack.services.cloudformation.provisioners": ("defaultdict", "_S3_BUCKET_CONFIGURATIONS"),
    "ministack.services.dynamodb": (
        "defaultdict",
        "handle_request",
        "_DDB_PAGE_SIZE_BYTES",
        "_ddb_canonicalize_number",
        "_extract_key_val",
        "_batch_write_item",
        "_item_size_bytes",
        "_number_size_bytes",
        "_normalize_table_name",
        "_number_error",
        "_scan",
        "_tables",
        "_validate_item",
    ),
    "ministack.services.eventbridge": ("_dispatch_to_sqs", "_invoke_target"),
    "ministack.services.iam": ("_roles",),
    "ministack.services.lambda_svc": ("_externalize_code_zip", "execution_credentials"),
    "ministack.services.s3": (
        "_atomic_write",
        "_bucket_lifecycle",
        "_bucket_versioning",
        "_buckets",
        "_delete_object",
        "_multipart_uploads",
        "_object_disk_path",
        "_object_tags",
        "_persist_object",
        "_put_object",
    ),
    "ministack.services.stepfunctions": (
        "_SERVICE_DISPATCH",
        "_ExecutionError",
        "_call_lambda",
        "_execute_task",
        "_executions",
        "_fail_execution",
        "_invoke_nested_start_execution",
        "_invoke_resource",
        "_run_distributed_map",
        "_run_execution",
        "_s3_object_text",
        "_state_machines",
    ),
    "ministack.services.sts": ("register_session", "_sessions"),
    "ministack.services.tagging": ("resource_tags",),
}


class UnsupportedEngine(EmbeddedAwsProblem):
    """The installed ministack is not the version that this package was written for."""


def check() -> None:
    """Check that the installed ministack is the supported one.

    Raises:
        UnsupportedEngine: for another version, or one without a name that is used.
    """
    installed = metadata.version("ministack")
    if installed != SUPPORTED:
        raise UnsupportedEngine(
            f"ministack {installed} is installed, the embedded AWS is made for {SUPPORTED}: install its lock again"
        )
    for module_name, names in NAMES.items():
        module = import_module(module_name)
        missing = [name for name in names if not hasattr(module, name)]
        if missing:
            raise UnsupportedEngine(
                f"{module_name} has no {', '.join(missing)}, which the embedded AWS needs: it is made for {SUPPORTED}"
            )
