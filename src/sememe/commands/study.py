"""``sememe study``: one question asked of several networks and many dictionaries."""

from pathlib import Path

from rich.console import Console

from sememe.commands.options import Device, Flag, say


def study(
    name: str,
    /,
    *,
    quick: Flag = False,
    layer: str | None = None,
    seed: int = 0,
    networks: int | None = None,
    dictionaries: int | None = None,
    families: str | None = None,
    development: Flag = False,
    device: Device = "auto",
    to: Path | None = None,
    into: Path | None = None,
) -> None:
    """Ask one question of several networks, each with several dictionaries.

    A study that was stopped goes on where it was, with the same numbers at the end.

    Parameters
    ----------
    name
        monosemanticity, width, splitting or universality.
    quick
        A first look in under three minutes: fewer images, seeds and points.
    layer
        Only this layer.
    seed
        Every random choice follows from it.
    networks
        How many seeds of each network.
    dictionaries
        How many seeds of each dictionary on each network.
    families
        Dictionaries that monosemanticity compares, such as topk,matryoshka; all of them if not given. Its
        answer is about each layer's default, or about the first if the default is not among them; that one
        gets all seeds, the others get one on each network.
    development
        Score images and seeds that are kept for choices; monosemanticity then has every family at two widths.
    device
        Where networks are trained.
    to
        The study's folder; studies/NAME if not given, with -quick or -development behind.
    into
        A Markdown file that gets the results between its marks, the comments `NAME` and `end of NAME`, and
        beside it the figure, results/NAME.svg; with --development the name is monosemanticity-development.
    """
    from sememe import files
    from sememe.console import duration, reporter_for
    from sememe.studies import Options, configure, run_study
    from sememe.studies.markdown import figure_beside, write_between_marks

    options = Options(quick, seed, layer, networks, dictionaries, families, development)
    chosen = configure(name, options)
    path = to or Path("studies") / (f"{chosen.label}-quick" if quick else chosen.label)
    console = Console(highlight=False)
    reporter = reporter_for(console)
    try:
        finished = run_study(chosen, path, options=options, device=device, reporter=reporter)
    finally:
        reporter.close()
    for sentence in finished.findings.sentences:
        console.print(sentence, soft_wrap=True)
    if into is not None:
        write_between_marks(into, chosen.label, finished.folder.markdown.read_text(encoding="utf-8"))
        figure = finished.folder.figure.read_text(encoding="utf-8")
        files.write_text(into.parent / figure_beside(chosen.label), figure)
        say(f"Results written into {into}")
    say(f"Page: {finished.folder.page}")
    say(f"Time {duration(finished.seconds)}, peak memory {finished.peak_memory / 1e9:.2f} GB")
