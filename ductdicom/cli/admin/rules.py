"""``ductdicom rules``: what the rules are, what they say, and what others would change."""

from dataclasses import asdict
from pathlib import Path

import click

from ductdicom.cli.echo import say, say_json
from ductdicom.cli.options import make_settings
from ductdicom.cli.tables import print_table
from ductdicom.errors import UsageError
from ductdicom.pipeline.what_if import (
    RulesDifference,
    compare_rules,
    explain_phrase,
    explain_words,
    list_rules,
    phrase_rows,
)
from ductdicom.wording import counted

_rules_option = click.option(
    "--rules",
    type=click.Path(path_type=Path),
    help="A site's rules and vocabulary (TOML), laid over the built-in ones.",
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")


@click.group(invoke_without_command=True)
@_rules_option
@_json_option
@click.pass_context
def rules(context: click.Context, rules: Path | None, as_json: bool) -> int | None:
    """List the rules, with their attribute, strength and source."""
    if context.invoked_subcommand is not None:
        if rules is not None and context.invoked_subcommand == diff.name:
            raise UsageError("rules diff compares with NEW.toml alone", hint="leave --rules out")
        given = {"rules": rules, "as_json": as_json}  # here or behind the command's name
        context.default_map = {context.invoked_subcommand: given}
        return None
    found = list_rules(make_settings(rules=rules))
    if as_json:
        for item in found:
            say_json(asdict(item))
        return 0
    for item in found:
        is_off = "" if item.is_enabled else ", switched off"
        say(f"{item.name}  ({item.question}, {item.strength}{is_off})")
        say(f"    {item.attribute}  [{item.reference}]")
        say(f"    {item.description}")
    return 0


@rules.command("test", epilog='For example: ductdicom rules test "Galaktographie li nach KM"')
@click.argument("text")
@_rules_option
@_json_option
def test_phrase(text: str, rules: Path | None, as_json: bool) -> int:
    """Say what a phrase means to the engine."""
    settings = make_settings(rules=rules)
    found, words = explain_phrase(text, settings), explain_words(text, settings)
    if as_json:
        tokens = [{"word": word, "part": part} for word, part in words]
        say_json({"text": text, "tokens": tokens, **found})
        return 0
    if not words:
        say("the text is empty: it says nothing")
        return 0
    print_table(("word", "part"), words)
    say()
    print_table(("", "in any study", "in a known ductography"), phrase_rows(found))
    contrast = found["as_contrast"]
    say()
    say(f"as Contrast/Bolus Agent: {contrast['agent']}")
    say(f"as Contrast/Bolus Route: {contrast['route'] or 'no route'}")
    return 0


@rules.command("diff")
@click.argument("new", metavar="NEW.toml", type=click.Path(path_type=Path))
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    default=Path(),
    help="Folder in which the run was started; its sources are relative to it.  [default: here]",
)
@click.option(
    "--decisions",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Decisions beside those of the run; may be given several times.",
)
@_json_option
def diff(new: Path, output: Path, root: Path, decisions: tuple[Path, ...], as_json: bool) -> int:
    """Say which decisions of the finished run OUT would change under the rules of NEW.toml.

    Reads the originals again and writes nothing. Ends with 1 where originals are gone.
    """
    settings = make_settings(rules=new, decisions=decisions)
    found = compare_rules(output, root, settings)
    if as_json:
        for change in found.changes:
            say_json(asdict(change))
    else:
        _print_difference(found)
    for source in found.gone:
        say(f"gone: {source}", is_result=False)
    if found.left_out:
        names = ", ".join(found.left_out)
        say(f"not compared, as originals are gone: {names}", is_result=False)
    return 1 if found.gone else 0


def _print_difference(found: RulesDifference) -> None:
    if found.changes:
        head = ("study", "about", "decision", "before", "after")
        rows = [
            (c.key, c.about, c.what, c.before or "none", c.after or "none") for c in found.changes
        ]
        print_table(head, rows)
    changes = counted(len(found.changes), "decision", "decisions")
    say(f"{changes} would change in {counted(found.compared, 'study', 'studies')}")
