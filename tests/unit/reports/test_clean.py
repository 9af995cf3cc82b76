"""Texts of a cloud: made harmless without losing what they say."""

from __future__ import annotations

import pytest
from stackprobe.outputs.clean import LONGEST, clean, clip, one_line, tail


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;never ended: HTTP 503", "0;never ended: HTTP 503"),
        ("\x1bPnever ended\nHTTP 503", "never ended\nHTTP 503"),
        ("it\xe2\x80\x99s \xe2\x80\x9cdown\xe2\x80\x9d, \xe2\x80\x98HTTP 503\xe2\x80\x99", "itâs âdownâ, âHTTP 503â"),
        ("a\x00b\ufffec\ud800d\U0001fffee", "abcde"),
        ("a\r\nb\rc", "a\nb\nc"),
    ],
)
def test_sequences_and_forbidden_characters_go_and_words_stay(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_of_ten_megabytes_head_and_tail_are_cleaned() -> None:
    text = clean("begin" + "\x1b]" * 5_000_000 + "HTTP 503")
    assert text.startswith("begin\n… ") and text.endswith("HTTP 503") and "\x1b" not in text and "left out" in text
    assert len(clean("\x1b]" + "x" * 10_000_000)) <= LONGEST


def test_a_clipped_text_keeps_head_and_tail_and_says_how_much_is_gone() -> None:
    short = clip("begin" + "x" * 5000 + "end", 200)
    assert len(short) <= 200 and short.startswith("begin") and short.endswith("end") and "of 5008 characters" in short
    assert one_line("a\n b", 10) == "a b" and len(one_line("x" * 50, 10)) == 10


def test_a_tail_begins_with_a_word() -> None:
    assert tail("\x1b[31mone\ntwo  three", 100) == "one two three"
    assert tail("one two three", 8) == "…three"
    assert tail("password", 4) == "…"
