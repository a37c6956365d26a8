"""The scripted provider's account: what counts as paid, and what a killed writer leaves behind."""

from pathlib import Path

from infra.local.stand_ins.ledger import ANSWER_LOST, CALLED, CANCEL_ASKED, LedgerWriter, read

OUTPUT = "gs://bucket/clips/1/"


def written(path: Path, *entries: tuple[str, str | None, bool]) -> None:
    ledger = LedgerWriter(path)
    for event, name, billed in entries:
        ledger.write(event, name=name, output=OUTPUT, billed=billed)
    ledger.close()


def test_a_call_is_paid_for_until_it_ends_unbilled(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    written(path, (CALLED, None, False), ("accepted", "operations/1", True))
    assert read(path).paid_outputs() == {OUTPUT: 1}

    written(path, ("failed", "operations/1", False))
    assert read(path).paid_outputs() == {}


def test_two_calls_for_one_output_are_paid_twice(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    for name in ("operations/1", "operations/2"):
        written(path, (CALLED, None, False), ("accepted", name, True), (ANSWER_LOST, name, True))
        written(path, ("delivered", name, True), (CANCEL_ASKED, name, False))

    ledger = read(path)

    assert ledger.paid_outputs() == {OUTPUT: 2}
    assert len(ledger.calls) == 2
    assert ledger.counts == {CALLED: 2, "accepted": 2, ANSWER_LOST: 2, "delivered": 2, CANCEL_ASKED: 2}


def test_a_line_that_is_not_whole_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    written(path, (CALLED, None, False))
    with path.open("ab") as file:
        file.write(b'{"at": "2026')

    assert len(read(path).entries) == 1


def test_a_ledger_that_does_not_exist_yet_is_empty(tmp_path: Path) -> None:
    assert read(tmp_path / "ledger.jsonl").entries == []
    assert read(tmp_path / "ledger.jsonl").under(OUTPUT).calls == []
