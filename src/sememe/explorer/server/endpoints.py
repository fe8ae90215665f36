"""Every question that the page can ask: the server's own and each view's."""

from sememe.explorer import views
from sememe.explorer.endpoint import Endpoint
from sememe.explorer.server import draw_endpoints, kernel_endpoint, run_endpoints

ENDPOINTS: tuple[Endpoint, ...] = (
    *run_endpoints.ENDPOINTS,
    *draw_endpoints.ENDPOINTS,
    *kernel_endpoint.ENDPOINTS,
    *views.ENDPOINTS,
)
