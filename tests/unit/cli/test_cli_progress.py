from io import StringIO

import pytest
from rich.console import Console

from cli.progress import Board, Line, Outcome


@pytest.fixture
def output() -> StringIO:
    return StringIO()


def test_away_from_a_terminal_each_change_is_a_line(output: StringIO) -> None:
    board = Board(Console(file=output, width=100))

    for outcome in (Outcome.RUNNING, Outcome.RUNNING, Outcome.DONE):
        board.show("train", Line("Train", outcome=outcome, seconds=1.25))

    assert output.getvalue().splitlines() == ["… Train", "✓ Train (1.2 s)"]


def test_on_a_terminal_the_lines_are_drawn_over(output: StringIO) -> None:
    console = Console(file=output, force_terminal=True, width=100)

    with Board(console) as board:
        board.show("train", Line("Train", detail="on 20,000 rows", seconds=1.25))

    assert "Train" in output.getvalue()
    assert "on 20,000 rows" in output.getvalue()
    assert "\x1b[" in output.getvalue()


def test_a_step_is_done_at_its_end(output: StringIO) -> None:
    with Board(Console(file=output)).step("Deploy"):
        pass

    assert output.getvalue().splitlines() == ["… Deploy", "✓ Deploy (0.0 s)"]


def test_a_step_that_raises_has_failed(output: StringIO) -> None:
    with pytest.raises(ValueError, match="no"), Board(Console(file=output)).step("Deploy"):
        raise ValueError("no")

    assert output.getvalue().splitlines() == ["… Deploy", "✗ Deploy (0.0 s)"]


def test_a_step_with_nothing_to_do_says_so(output: StringIO) -> None:
    with Board(Console(file=output)).step("Deploy") as line:
        line.unchanged()

    assert output.getvalue().splitlines() == ["… Deploy", "= Deploy (0.0 s) · unchanged"]


def test_more_lines_than_a_terminal_has_are_all_there_at_the_end(output: StringIO) -> None:
    console = Console(file=output, force_terminal=True, width=60, height=5)

    with Board(console) as board:
        for number in range(20):
            board.show(str(number), Line(f"State {number}", outcome=Outcome.DONE, seconds=1))
        console.print(board)
        drawn = output.getvalue()

    assert "State 19" in drawn
    assert "State 2 " not in drawn
    assert all(f"State {number} " in output.getvalue() for number in range(20))
