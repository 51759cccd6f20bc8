"""`tools.tables`: how a table looks, and what stands between two marks."""

import pytest

from tools.tables import Table, read_between, write_between


def test_a_table_is_markdown():
    table = Table("way | ms:.1f", [("one", 2), ("two", None)], "A heading", "A sentence.")
    assert str(table) == "### A heading\n\nA sentence.\n\n| way | ms |\n| --- | --- |\n| one | 2.0 |\n| two | – |"
    assert str(Table("way", [])) == "| way |\n| --- |"
    with pytest.raises(ValueError, match="longer"):
        str(Table("way | ms:.1f", [("one",)]))


def test_what_stands_between_two_marks_is_read_and_replaced(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("Before.\n<!-- a: begin -->\nold\n<!-- a: end -->\nAfter.\n", encoding="utf-8")
    assert read_between(path, "a") == "old"
    write_between(path, "a", "new")
    assert path.read_text(encoding="utf-8") == "Before.\n<!-- a: begin -->\nnew\n<!-- a: end -->\nAfter.\n"
    with pytest.raises(SystemExit, match=r"README\.md: expected the marks <!-- b: begin --> and <!-- b: end --> once"):
        write_between(path, "b", "new")
