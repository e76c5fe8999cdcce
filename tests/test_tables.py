import pytest

from dav2.tables import html_table, markdown_table

ROWS = [["model", "share"], ["a|b", "1 < 2"], ["", "50 %"]]


def test_markdown_lines_up_and_a_bar_in_a_cell_is_no_border():
    assert markdown_table(ROWS).splitlines() == [
        "| model | share |",
        "| ---   | ---   |",
        r"| a\|b  | 1 < 2 |",
        "|       | 50 %  |",
    ]


def test_html_shows_cells_as_they_are():
    assert html_table(ROWS) == (
        "<table><tr><th>model</th><th>share</th></tr>"
        "<tr><td>a|b</td><td>1 &lt; 2</td></tr><tr><td></td><td>50 %</td></tr></table>"
    )


def test_rows_of_different_lengths_are_an_error():
    with pytest.raises(ValueError, match="shorter"):
        markdown_table([["a", "b"], ["1"]])
