"""Every transition leads to a state, every state is reachable, and every path ends."""

from tests.infrastructure.definition_checks.scopes import Scope, normal_successors, scopes, successors


def findings(definition: Scope) -> list[str]:
    """Dead ends, missing states, and unreachable states."""
    return [finding for scope in scopes(definition) for finding in _in_scope(scope)]


def _in_scope(scope: Scope) -> list[str]:
    found, reached, ahead = [], set[str](), [("StartAt", scope["StartAt"])]
    while ahead:
        source, name = ahead.pop()
        if name not in scope["States"]:
            found.append(f"{source} leads to {name}, which is no state")
        elif name not in reached:
            reached.add(name)
            ahead += [(name, following) for following in successors(scope["States"][name])]
    found += [f"nothing leads to {name}" for name in scope["States"] if name not in reached]
    for name, state in scope["States"].items():
        if not successors(state) and not state.get("End") and state["Type"] not in ("Succeed", "Fail"):
            found.append(f"{name} neither leads on nor ends")
        if not _ends(scope, name, set()):
            found.append(f"from {name} there is no way to an end")
    return found


def _ends(scope: Scope, name: str, seen: set[str]) -> bool:
    if name in seen or name not in scope["States"]:
        return False
    seen.add(name)
    state = scope["States"][name]
    if state.get("End") or state["Type"] in ("Succeed", "Fail"):
        return True
    return any(_ends(scope, following, seen) for following in normal_successors(state))
