"""Notes come from the measures' own records."""

from sememe import measures
from sememe.explorer.report_data import MeasureNote


def test_a_note_repeats_its_record_word_for_word():
    record = measures.registry()["fvu"]
    note = MeasureNote.of(record, command="sememe run")
    assert (note.name, note.title, note.formula, note.source) == (
        record.name,
        record.title,
        record.formula,
        record.source,
    )
    assert (note.range, note.higher_is_better) == (record.range, record.higher_is_better)
    assert note.meaning
    assert note.meaning in " ".join(record.function.__doc__.replace("``", "").split())


def test_references_in_a_docstring_read_as_words():
    note = MeasureNote.of(measures.registry()["explained_variance"])
    assert "`" not in note.meaning
    assert "fvu" in note.meaning
