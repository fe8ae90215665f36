"""``sememe explore``: look at a run in the browser."""

from pathlib import Path

from sememe.commands.options import Flag, say


def explore(
    run: Path, /, *, port: int | None = None, host: str = "127.0.0.1", no_browser: Flag = False
) -> None:
    """Open a run in the browser: draw a digit and see what the network sees; every unit, image and score.

    Only this machine can reach the page, and the run is only read. Ctrl-C ends it.

    Parameters
    ----------
    run
        The run's folder.
    port
        The port to serve on; the first that is free from 8765 if not given.
    host
        The address to serve on. Any other than this machine's own asks viewers for the token that is printed.
    no_browser
        Only say the address.
    """
    # What is imported here is light on purpose: the first page is up before torch would be loaded.
    from sememe.explorer.live.run_data import RunData
    from sememe.explorer.server.endpoints import ENDPOINTS
    from sememe.explorer.server.serve import serve

    def opened(url: str) -> None:
        say(f"{url}\nCtrl-C ends it.")
        if not no_browser:
            import webbrowser

            webbrowser.open(url)

    serve(RunData(run), ENDPOINTS, host=host, port=port, opened=opened)
