"""``python -m sememe``."""

from sememe.cli import main

main()
