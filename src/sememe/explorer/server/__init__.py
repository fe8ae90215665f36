"""The page's server: Starlette on a local port, guarded, with a run that it only reads."""
