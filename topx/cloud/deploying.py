"""Deploys the stack, and shows what will happen first."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from infra.settings import DEFAULT_QUALIFIER, Settings
from topx import subscribers
from topx.cloud import cdk, deployed_settings, image_builder, leftovers, readiness
from topx.cloud.place import Place
from topx.terminal import Terminal


def bootstrap(where: Place, console: Terminal, settings: Settings, *, profile: str | None) -> None:
    """Prepare a region for the CDK, once."""
    _say(console, f"Bootstrapping {_place(where)} for the CDK: a bucket and an image repository for deployments,")
    _say(console, "five roles, one parameter. You pay for what is stored in them.")
    qualifier = settings.bootstrap_qualifier
    # Under the usual stack name, it would replace the roles that other projects deploy with.
    own = ["--qualifier", qualifier, "--toolkit-stack-name", f"CDKToolkit-{qualifier}"]
    cdk.run(
        "bootstrap",
        [f"aws://{where.account}/{where.region}", *(own if qualifier != DEFAULT_QUALIFIER else [])],
        profile=profile,
        region=where.region,
        context={},
    )


def deploy(
    where: Place, console: Terminal, settings: Settings, *, profile: str | None, context: Mapping[str, str], yes: bool
) -> None:
    """Create or update the stack.

    Raises:
        NotReady: if something is missing, or a change of settings was not confirmed; nothing was changed.
        CdkFailed: if the CDK failed; its output says why.
    """
    look = readiness.Readiness()
    name = settings.stack_name
    found = look.ask(
        "whether the stack exists, and its settings",
        lambda: where.stack(name) or {},
        "cloudformation:DescribeStacks",
    )
    status = found.get("StackStatus") if found else None
    there = status is not None and status not in leftovers.NEVER_WHOLE
    verb = "Creating or updating" if found is None else "Updating" if there else "Creating"
    _say(console, f"{verb} the stack {name} in {_place(where)}.")
    _say(console, f"  runs   {_schedule(settings)}")
    _say(console, "  costs  each run: its SageMaker instances, by the second, and writing the lists;")
    _say(console, "         always: storage of bucket, table (with backups) and image repository, and the alarms.")
    _say(console, "         Nothing runs between runs. docs/deploy.md has the calculation.")
    _say(console, "  keeps  bucket and table, with their contents, even if the stack is deleted.\n")
    look.add(readiness.look(where, settings))
    for warning in look.warnings:
        _say(console, f"warning: {warning}")
    look.refuse()
    _settle(console, found if there else None, settings, known=found is not None, yes=yes)
    try:
        cdk.run(
            "deploy",
            # Without a terminal, the CDK cannot ask.
            [name, "--require-approval", "never" if yes else "broadening"],
            profile=profile,
            region=where.region,
            context=context,
            environment=image_builder.environment(),
        )
    except cdk.CdkFailed:
        if not there:
            _print_leftovers(where, console, name)
        raise
    _print_subscribers(where, console, name)
    options = f"--stack {name} --region {where.region}" + (f" --profile {profile}" if profile else "")
    _say(console, f"\nUpload data and start the first run: topx run --data DIR {options}")


def _settle(console: Terminal, stack: Mapping[str, Any] | None, settings: Settings, *, known: bool, yes: bool) -> None:
    """Show the changes of settings, and ask for confirmation if they may delete something."""
    deployed = deployed_settings.of(stack) if stack else None
    if deployed is not None:
        changed = deployed_settings.changes(deployed, settings)
        _list(console, "The settings change:", changed)
        if changed:
            deployed_settings.ask(console, "Deploy with these changes?", yes=yes)
        return
    _list(console, "Settings other than the defaults:", deployed_settings.chosen(settings) or ["none"])
    if stack or not known:
        why = "does not record its settings: an older topx deployed it" if stack else "could not be read"
        deployed_settings.ask(console, f"The stack {why}. Deploy with the settings above?", yes=yes)


def _print_subscribers(where: Place, console: Terminal, name: str) -> None:
    try:
        topic = where.output(name, "FailuresTopicArn")
    except ClientError as error:
        _say(console, f"\nThe subscribers to failures and alarms cannot be listed: {error}")
        return
    if topic:
        _say(console, f"\n{subscribers.description(where.session.client('sns'), topic)}")


def _print_leftovers(where: Place, console: Terminal, name: str) -> None:
    try:
        left = leftovers.description(where, name)
    except Exception as error:
        _say(console, f"The resources that the failed deployment left cannot be listed: {error}")
        return
    _list(console, "The failed deployment left these unused resources. To delete them:", left)


def _list(console: Terminal, title: str, lines: list[str]) -> None:
    if lines:
        _say(console, "\n".join([title, *(f"  {line}" for line in lines)]))


def _place(where: Place) -> str:
    return f"account {where.account}, region {where.region}, as {where.identity}"


def _schedule(settings: Settings) -> str:
    when = f"{settings.schedule} in {settings.time_zone}"
    if not settings.schedule_enabled:
        return f"only when started by hand; the schedule, {when}, is off"
    window = settings.flexible_window_minutes
    return f"{when}{f', up to {window} minutes later' if window else ', on the minute'}"


def _say(console: Terminal, text: str) -> None:
    console.print(text, soft_wrap=True)
