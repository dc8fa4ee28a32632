"""What all charts have in common: colours, fonts, and how pygal's drawing becomes an SVG text for a page.

The text has no script, refers to nothing outside itself, and is the same each time.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pygal
from pygal.etree import etree
from pygal.style import Style

BLUE, ORANGE, GREY, RED = "#1f5fa8", "#c75b00", "#8a8f98", "#c21d1d"
SQUARE = (560, 470)
WIDE = (860, 380)

_LEAST_SCALE = 0.6  # smaller, its text can't be read
_FONT = "system-ui, 'Helvetica Neue', Arial, sans-serif"
_CONFIGURATION = {
    "js": [],
    "legend_at_bottom": True,
    "truncate_legend": -1,
    "truncate_label": -1,
    "margin": 10,
    "margin_right": 24,
    "dots_size": 3,
}


def style(*colours: str, stroke_width: float) -> Style:
    """Return the look of a chart whose series have these colours, in their order."""
    return Style(
        background="transparent",
        plot_background="#ffffff",
        foreground="#3c4043",
        foreground_strong="#1f2328",
        foreground_subtle="#d5d9de",
        colors=colours,
        font_family=_FONT,
        label_font_size=13,
        major_label_font_size=13,
        legend_font_size=14,
        title_font_size=14,
        value_font_size=12,
        opacity="1",
        opacity_hover="1",
        guide_stroke_dasharray="none",
        major_guide_stroke_dasharray="none",
        guide_stroke_color="#e6e8eb",
        major_guide_stroke_color="#e6e8eb",
        transition="0s",
        stroke_width=str(stroke_width),
        stroke_width_hover=str(stroke_width),
    )


def configuration(size: tuple[int, int], *colours: str, stroke_width: float = 2) -> dict[str, object]:
    """Return the settings of a chart, for the constructor of one of pygal's charts."""
    width, height = size
    return {
        **_CONFIGURATION,
        "width": width,
        "height": height,
        "style": style(*colours, stroke_width=stroke_width),
    }


def drawing(chart: pygal.Graph, title: str) -> str:
    """Return the chart as an SVG text; `title` says what it shows and must be the only such of a page."""
    etree.to_etree()  # lxml, where it happens to be installed, would write other texts
    chart.uuid = re.sub(r"\W+", "-", title.lower()).strip("-")
    root = chart.render_tree()
    for parent in list(root.iter()):
        _remove_comments_and_scripts(parent)
        _show_value_on_hover(parent)
    root.find("title").text = title
    root.set("style", f"min-width: {round(chart.config.width * _LEAST_SCALE)}px")
    root.set("role", "img")
    root.set("aria-label", title)
    return ET.tostring(root, "unicode")


def _remove_comments_and_scripts(parent: ET.Element) -> None:
    """Remove what pygal adds: scripts, and comments with the date and addresses."""
    for child in list(parent):
        if child.tag == "script" or callable(child.tag):
            parent.remove(child)


def _show_value_on_hover(parent: ET.Element) -> None:
    """Turn the texts meant for pygal's script into the title that a browser shows by itself."""
    texts = parent.findall("desc")
    shown = [text.text for text in texts if text.get("class") in {"value", "x_label"} and text.text]
    for text in texts:
        parent.remove(text)
    if shown:
        ET.SubElement(parent, "title").text = ": ".join(reversed(shown))
