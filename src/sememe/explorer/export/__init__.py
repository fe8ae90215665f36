"""A run's page as one file that opens from disk: the same shell, its answers packed beside it.

What can be asked for unit by unit is asked here, of the same endpoints as the server's, and packed; what
depends on a drawing is computed in the page by a small kernel (``assets/app/standalone``).
"""

from sememe.explorer.export.contents import Contents, Request, gather
from sememe.explorer.export.page import Export, write_page

__all__ = ["Contents", "Export", "Request", "gather", "write_page"]
