"""What runs the pages of the documentation notices when a page says something else than what happens."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.console import Command, File, follow, steps_of

PAGE = """\
Some words.

```console
$ export WORD=hello && cd folder 2>/dev/null || mkdir folder && cd folder
$ echo "$WORD" \\
    world
hello …
```

```{code-block} sh
:caption: deep/script
echo 'it is $1'
echo two
```

```yaml
not: followed
```

```console
$ sh deep/script
it is $1
two
$ false || echo "exit code $?"
exit code 1
```
"""


def followed(page: str, directory: Path) -> None:
    file = directory / "page.md"
    file.write_text(page, encoding="utf-8")
    follow(file, directory, dict(os.environ), timeout_s=20)


def test_commands_and_files_are_found_in_their_order() -> None:
    steps = steps_of(PAGE)
    assert [type(step) for step in steps] == [Command, Command, File, Command, Command]
    assert steps[1] == Command('echo "$WORD" \\\n    world', ["hello …"])
    assert steps[2] == File("deep/script", "echo 'it is $1'\necho two\n")


def test_a_page_that_is_right_is_followed_in_one_shell(tmp_path: Path) -> None:
    followed(PAGE, tmp_path)
    assert (tmp_path / "folder" / "deep" / "script").exists()


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("hello …", "hullo …", "must say: hullo …"),
        ("two\n$", "three\n$", "must say: three"),
        ("it is $1\ntwo\n$", "two\nit is $1\n$", "must say: it is"),
        ('$ false || echo "exit code $?"', "$ false", "must say: exit code 1"),
        ('$ false || echo "exit code $?"\nexit code 1', "$ (exit 7)", "exit code 7"),
        ("$ sh deep", "$ no-such-command; sh no-such", "page.md"),
        ("$ sh deep/script", "$ exit 0", "must say"),
    ],
)
def test_a_page_that_is_wrong_is_noticed(before: str, after: str, says: str, tmp_path: Path) -> None:
    assert before in PAGE
    with pytest.raises(AssertionError) as error:
        followed(PAGE.replace(before, after), tmp_path)
    assert says in str(error.value)


def test_a_page_without_commands_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="has no command"):
        followed("nothing\n", tmp_path)


def test_an_early_end_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="ended after 1 of 2"):
        followed("```console\n$ exit 0\n$ echo never\n```\n", tmp_path)


def test_a_block_that_begins_with_an_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="something else than a command"):
        steps_of("```console\nanswer\n```\n")
