"""The table of stages grants only single documents and folders of a run, and has no duplicate names."""

from collections import Counter

from contract import run_layout
from contract.run_layout import RunLayout
from topx.home import REPOSITORY
from workflow.after_publishing import AFTER_PUBLISHING
from workflow.outside_functions import OUTSIDE_FUNCTIONS
from workflow.stage import ANY_RUN, AsksAboutRuns, Calls, Function, Reads, UsesTable, Writes
from workflow.stages import EVERY_STAGE, FUNCTIONS, STAGES, bases, called

# Everything that a run keeps, and everything that expires: no function may access all of it.
WIDE = {ANY_RUN.run, ANY_RUN.scratch}
KEYS = {getattr(ANY_RUN, name) for name, value in vars(RunLayout).items() if isinstance(value, property)} - WIDE
KEYS |= {run_layout.DATASET_KEY, run_layout.RULES_KEY, run_layout.MODELS_CHECKED_PREFIX, run_layout.ERASURES_PREFIX}


def test_a_function_is_granted_single_documents_and_folders_of_the_layout() -> None:
    granted = {
        key
        for one in FUNCTIONS.values()
        for grant in one.may
        if isinstance(grant, Reads | Writes)
        for key in grant.keys
    }
    assert granted <= KEYS


def test_no_action_is_a_pattern_and_each_is_of_its_grants_service() -> None:
    for function in FUNCTIONS.values():
        for grant in function.may:
            if isinstance(grant, UsesTable | Calls | AsksAboutRuns):
                assert grant.actions
                assert not any("*" in action for action in grant.actions)
            if isinstance(grant, UsesTable):
                assert {action.split(":")[0] for action in grant.actions} == {"dynamodb"}


def test_every_reason_is_a_sentence_and_every_name_is_used_once() -> None:
    for function in FUNCTIONS.values():
        assert [grant.sid for grant in function.may if not grant.why.endswith(".")] == []
    for stage in EVERY_STAGE:
        names = Counter(grant.sid for grant in (stage.function.may if stage.function else ()))
        assert not names or max(names.values()) == 1, stage.name
    assert max(Counter(stage.name for stage in EVERY_STAGE).values()) == 1


def test_every_state_has_its_advice() -> None:
    assert [stage.name for stage in EVERY_STAGE if not stage.advice.endswith(".")] == []


def test_a_function_of_two_states_may_do_what_either_needs() -> None:
    written = [grant.keys for grant in FUNCTIONS["read_training_log"].may if isinstance(grant, Writes)]
    assert written == [(ANY_RUN.training, ANY_RUN.refit_training)]
    (first,) = (stage for stage in STAGES if stage.name == "Read training log")
    assert first.function is not None
    assert [grant.keys for grant in first.function.may if isinstance(grant, Writes)] == [(ANY_RUN.training,)]


def test_what_is_called_is_named_as_the_template_names_it() -> None:
    assert Function("plan_run", "").placeholder == "PlanRunFunctionArn"
    either = {function.name for stages in (STAGES, AFTER_PUBLISHING) for function in called(stages)}
    assert either == set(FUNCTIONS) - {function.name for function in OUTSIDE_FUNCTIONS}
    assert bases("training-job", STAGES) == ("fm", "rf", "nn")
    assert bases("model", STAGES) == bases("model", AFTER_PUBLISHING) == ("nn",)
    assert (bases("training-job", AFTER_PUBLISHING), bases("processing-job", AFTER_PUBLISHING)) == ((), ("oc",))


def test_every_function_has_tests_of_its_own() -> None:
    """Retirement's functions are tested together."""
    together = dict.fromkeys(("choose_retirement", "record_retirement"), "retiring/test_retirement.py")
    for name in FUNCTIONS:
        tests = REPOSITORY / "tests" / "unit" / "lambdas" / together.get(name, f"handlers/test_{name}.py")
        assert tests.exists(), tests
