"""A run, made visible: figures, the report, the page."""
