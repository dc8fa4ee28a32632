"""The page that holds a report: sections one below the other, in one file that needs nothing else."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template

from library.report.tables import Markup

_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light; }
body { margin: 0 auto; padding: 1.5rem; max-width: 72rem; color: #1f2328; background: #fff;
  font: 16px/1.5 system-ui, 'Helvetica Neue', Arial, sans-serif; }
h1 { margin-bottom: 0; }
h2 { margin-top: 2.5rem; padding-bottom: .2rem; border-bottom: 1px solid #d5d9de; }
.subtitle, figcaption { color: #565c64; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .3rem .8rem; border-bottom: 1px solid #e6e8eb; text-align: left; white-space: nowrap; }
th { font-weight: 600; }
thead th { white-space: normal; vertical-align: bottom; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.heat th, .heat td { padding: .35rem .6rem; text-align: center; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 1rem; }
figure { margin: 1rem 0; overflow-x: auto; }
figure svg { display: block; width: 100%; height: auto; max-width: 54rem; }
figcaption { font-size: .9rem; }
pre { overflow-x: auto; padding: 1rem; background: #f6f7f9; font-size: .85rem; }
</style>
</head>
<body>
<h1>$title</h1>
<p class="subtitle">$subtitle</p>
$sections
</body>
</html>
""")


class Page:
    """Collects sections; those with nothing in them are left out."""

    def __init__(self, title: str, subtitle: str) -> None:
        self._title = title
        self._subtitle = subtitle
        self._sections: list[str] = []

    def section(self, heading: str, *contents: Markup) -> None:
        """Add a section below those there are."""
        if contents:
            self._sections.append(
                "\n".join((f"<section><h2>{escape(heading)}</h2>", *contents, "</section>"))
            )

    def write(self, path: Path) -> None:
        """Write the page."""
        path.parent.mkdir(parents=True, exist_ok=True)
        page = _PAGE.substitute(
            title=escape(self._title), subtitle=escape(self._subtitle), sections="\n".join(self._sections)
        )
        path.write_text(page, encoding="utf-8")
