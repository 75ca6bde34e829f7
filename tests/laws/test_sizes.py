"""How long a function and a file may be, and how a value is made."""

import ast

from tests.laws.code import ROOMS, modules, refuse

MOST_BY_POSITION = 3  # fields of a value
LONGEST_FUNCTION = 60
LONGEST_FILE = 400
MOST_POSITIONAL = 5
# A verb or a route is called by its framework, by name: its parameters are the options a user sees.
CALLED_BY_NAME = {"command", "callback", "get", "post", "put", "delete", "patch", "exception_handler"}


def test_no_function_is_long():
    refuse(
        f"{module.at(node)} {node.name}: {length} lines, {LONGEST_FUNCTION} at most"
        for module in modules()
        for node in module.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        if (length := node.end_lineno - node.lineno + 1) > LONGEST_FUNCTION
    )


def test_no_file_is_long():
    """Ours and our tests': who splits one names each part by what it holds."""
    refuse(
        f"{module.name}: {len(module.lines)} lines, {LONGEST_FILE} at most"
        for module in modules(*ROOMS, "tests")
        if len(module.lines) > LONGEST_FILE
    )


def test_no_function_takes_many_arguments_by_position():
    refuse(
        f"{module.at(node)} {node.name}: {count} positional parameters, {MOST_POSITIONAL} at most"
        for module in modules()
        for node in module.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        if (count := positional(node)) > MOST_POSITIONAL and not called_by_name(module, node)
    )


def positional(function):
    names = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def called_by_name(module, function):
    decorators = (d.func if isinstance(d, ast.Call) else d for d in function.decorator_list)
    decorated = any(isinstance(d, ast.Attribute) and d.attr in CALLED_BY_NAME for d in decorators)
    return decorated or (module.name.startswith("services/cli/") and is_verb(function))


def is_verb(function):
    """A function of the command line whose every parameter is an option: it has a default or is annotated as one."""
    arguments = function.args.args
    without = len(arguments) - len(function.args.defaults)
    written = (ast.unparse(a.annotation) for a in arguments[:without] if a.annotation)
    return all("typer." in text or text.endswith(("Argument", "Option")) for text in written)


def test_values_of_more_than_three_fields_are_made_by_keyword():
    """A value made by position reads like a riddle, and two fields of one type change places unseen."""
    by_position = [
        f"{module.name}:{node.lineno} {node.name}"
        for module in modules()
        for node in module.all_nodes
        if isinstance(node, ast.ClassDef)
        and (how := next((d for d in node.decorator_list if "dataclass" in ast.unparse(d)), None)) is not None
        and "kw_only=True" not in ast.unparse(how)
        and sum(isinstance(part, ast.AnnAssign) and "init=False" not in ast.unparse(part) for part in node.body)
        > MOST_BY_POSITION
    ]
    assert by_position == []
