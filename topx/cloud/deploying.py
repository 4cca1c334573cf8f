"""What a deployment is going to do, said before it does it."""

from collections.abc import Mapping

from infra.settings import Settings
from topx import subscribers
from topx.cloud import cdk, place
from topx.cloud.place import Place
from topx.terminal import Terminal


def bootstrap(where: Place, console: Terminal, *, profile: str | None) -> None:
    """Prepare a region for the CDK, once."""
    _say(console, f"Bootstrapping {_place(where)} for the CDK: a bucket and an image repository for what is deployed,")
    _say(console, "five roles, one parameter. They cost what is stored in them.")
    cdk.run("bootstrap", [f"aws://{where.account}/{where.region}"], profile=profile, region=where.region, context={})


def deploy(
    where: Place, console: Terminal, settings: Settings, *, profile: str | None, context: Mapping[str, str], yes: bool
) -> None:
    """Create or update the stack.

    Raises:
        NotReady: when something is missing; nothing was changed then.
        CdkFailed: when the CDK gave up; it has said why.
    """
    stack = where.stack(settings.stack_name)
    verb = "Updating" if stack else "Creating"
    _say(console, f"{verb} the stack {settings.stack_name} in {_place(where)}.")
    _say(console, f"  runs   {_schedule(settings)}")
    _say(console, "  costs  each run: its SageMaker instances, by the second, and the writing of the lists;")
    _say(console, "         all the time: what bucket, table (with backups) and image repository hold, and the alarms.")
    _say(console, "         Nothing runs between two runs. docs/deploy.md has the sums.")
    _say(console, "  keeps  bucket and table, with all that is in them, whatever becomes of the stack.\n")
    place.refuse_unready(where)
    approval = "never" if yes else "broadening"  # without a terminal, the CDK refuses to ask
    cdk.run(
        "deploy",
        [settings.stack_name, "--require-approval", approval],
        profile=profile,
        region=where.region,
        context=context,
    )
    if topic := where.output(settings.stack_name, "FailuresTopicArn"):
        _say(console, f"\n{subscribers.told(where.session.client('sns'), topic)}")
    options = f"--stack {settings.stack_name} --region {where.region}" + (f" --profile {profile}" if profile else "")
    _say(console, f"\nUpload data and start the first run: topx run --data DIR {options}")


def _place(where: Place) -> str:
    return f"account {where.account}, region {where.region}, as {where.identity}"


def _schedule(settings: Settings) -> str:
    when = f"{settings.schedule} in {settings.time_zone}"
    if not settings.schedule_enabled:
        return f"when somebody starts one; the schedule, {when}, is off"
    window = settings.flexible_window_minutes
    return f"{when}{f', up to {window} minutes later' if window else ', to the minute'}"


def _say(console: Terminal, text: str) -> None:
    console.print(text, soft_wrap=True)
