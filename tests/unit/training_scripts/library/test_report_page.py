from __future__ import annotations

from pathlib import Path

from library.report import tables
from library.report.comparison import comparison
from library.report.page import Page


def test_texts_are_escaped_and_sections_in_order(tmp_path: Path) -> None:
    # Given
    page = Page("A & B", "<run>")
    page.section("First", tables.paragraph("1 < 2"), tables.table(["<h>"], [["<cell>", 0.5, 1_000, None]]))
    page.section("Nothing in it")
    page.section("Last", tables.link("there", "../a&b.html"))

    # When
    page.write(tmp_path / "evaluation" / "report.html")

    # Then
    text = (tmp_path / "evaluation" / "report.html").read_text(encoding="utf-8")
    assert "<h1>A &amp; B</h1>" in text
    assert "&lt;run&gt;" in text
    assert "<p>1 &lt; 2</p>" in text
    assert '<td>&lt;cell&gt;</td><td class="number">0.5000</td><td class="number">1,000</td><td></td>' in text
    assert '<a href="../a&amp;b.html">there</a>' in text
    assert "Nothing in it" not in text
    assert text.index("First") < text.index("Last")


def test_heat_map_shades_by_the_share_of_the_row() -> None:
    heat = tables.heat_map([[3, 1], [0, 0]], ["no", "yes"], row_title="Actual", column_title="Predicted")

    assert "0.750); color: #fff" in heat
    assert 'title="25.0% of the row">1</td>' in heat
    assert heat.count('title="0.0% of the row">0</td>') == 2


def test_comparison_with_the_previous_model() -> None:
    now = {
        "group": {
            "auc": {"value": 0.9, "standard_deviation": 0.01},
            "accuracy": {"value": 0.8, "standard_deviation": "NaN"},
            "accuracy_best_constant_classifier": {"value": 0.75},
        }
    }
    names = {"auc": "AUC", "accuracy": "Accuracy"}

    (alone, remark) = comparison(now, {}, "group", names)
    (both,) = comparison(now, {"group": {"auc": {"value": 0.875}}}, "group", names)

    assert "Previous model" not in alone
    assert "no previous model" in remark
    assert '<td class="number">0.8750</td><td>+0.0250</td>' in both
    assert '<td>NaN</td><td class="number">0.7500</td>' in both
