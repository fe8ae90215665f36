"""Lines for the documentation."""

import pytest

from sememe.errors import RunError
from sememe.studies.markdown import markdown_table, write_between_marks


def test_a_table_has_a_rule_below_its_head():
    assert markdown_table(["a", "b"], [["1", "2"], ["3", "4"]]).splitlines() == [
        "| a | b |",
        "|---|---|",
        "| 1 | 2 |",
        "| 3 | 4 |",
    ]


def test_lines_replace_what_stands_between_the_marks_and_nothing_else(tmp_path):
    path = tmp_path / "results.md"
    path.write_text("before\n<!-- width -->\nold\n<!-- end of width -->\nafter\n")
    write_between_marks(path, "width", "new\n\\1 stays as it is")
    assert path.read_text() == (
        "before\n<!-- width -->\nnew\n\\1 stays as it is\n<!-- end of width -->\nafter\n"
    )
    write_between_marks(path, "width", "new\n\\1 stays as it is")
    assert path.read_text().count("new") == 1


def test_a_file_without_the_marks_is_left_alone(tmp_path):
    path = tmp_path / "results.md"
    path.write_text("<!-- splitting -->\n<!-- end of splitting -->\n")
    with pytest.raises(RunError, match="no place for the results of width"):
        write_between_marks(path, "width", "lines")
    assert path.read_text() == "<!-- splitting -->\n<!-- end of splitting -->\n"
    with pytest.raises(RunError, match="There is no file"):
        write_between_marks(tmp_path / "absent.md", "width", "lines")
