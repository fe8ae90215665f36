// Opens the page on the server's run; the exported file starts the same shell in its own way.

import { start } from "./main.js";
import { PAGES } from "./pages/index.js";

start({ pages: PAGES });
