// The pages of an exported file. What pages/index.js loads when it is first opened is all here from the start.

import * as compare from "../pages/compare.js";
import * as draw from "../pages/draw.js";
import * as unit from "../pages/unit.js";
import * as units from "../pages/units.js";

export const PAGES = [
  { name: "draw", title: "Draw", key: "d", load: async () => draw },
  { name: "units", title: "Units", key: "u", load: async () => units },
  { name: "unit", title: "Unit", key: "i", load: async () => unit },
  { name: "compare", title: "Compare", key: "c", load: async () => compare },
];
