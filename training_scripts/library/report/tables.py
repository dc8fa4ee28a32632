"""Tables of a page. Every text is escaped; a cell that is Markup is taken as it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


class Markup(str):
    """HTML that one of our own functions made."""

    __slots__ = ()


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    """Return a table; numbers stand at the right, whole, or with four decimals."""
    head = "".join(f'<th scope="col">{escape(header)}</th>' for header in headers)
    body = "".join(f"<tr>{''.join(_cell(value) for value in row)}</tr>" for row in rows)
    return Markup(
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def heat_map(
    counts: Sequence[Sequence[float]], labels: Sequence[str], *, row_title: str, column_title: str
) -> Markup:
    """Return a table of counts, each shaded by its share of its row."""
    head = "".join(f'<th scope="col">{escape(label)}</th>' for label in labels)
    body = "".join(
        f'<tr><th scope="row">{escape(label)}</th>{"".join(_shaded(count, sum(row)) for count in row)}</tr>'
        for label, row in zip(labels, counts)
    )
    return Markup(
        f'<div class="wide"><table class="heat"><thead>'
        f'<tr><td></td><th colspan="{len(labels)}">{escape(column_title)}</th></tr>'
        f"<tr><th>{escape(row_title)}</th>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def paragraph(text: str) -> Markup:
    """Return a paragraph."""
    return Markup(f"<p>{escape(text)}</p>")


def link(text: str, address: str) -> Markup:
    """Return a paragraph with a link; the address is relative to the page."""
    return Markup(f'<p><a href="{escape(address)}">{escape(text)}</a></p>')


def figure(drawing: str, caption: str) -> Markup:
    """Return a chart with the text below it that says how to read it."""
    return Markup(f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption></figure>")


def side_by_side(*figures: Markup) -> Markup:
    """Return figures next to each other where there is room."""
    return Markup(f'<div class="figures">{"".join(figures)}</div>')


def _cell(value: object) -> str:
    if isinstance(value, Markup):
        return f"<td>{value}</td>"
    if isinstance(value, float):
        return f'<td class="number">{value:.4f}</td>'
    if isinstance(value, int):
        return f'<td class="number">{value:,}</td>'
    return f"<td>{escape('' if value is None else str(value))}</td>"


def _shaded(count: float, total: float) -> str:
    share = count / total if total else 0.0
    colour = "#fff" if share > 0.6 else "#1f2328"
    return (
        f'<td class="number" style="background: rgba(31, 95, 168, {share:.3f}); color: {colour}" '
        f'title="{share:.1%} of the row">{count:,.0f}</td>'
    )
