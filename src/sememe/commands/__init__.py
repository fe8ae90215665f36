"""One command of the command line a file. It imports the rooms that it needs when it runs, so that
``--help`` is quick; ``cli.py`` lists the commands."""
