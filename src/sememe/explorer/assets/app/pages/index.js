// The pages: their names, keys and styles. A page's module is loaded when it is first opened.

export const PAGES = [
  { name: "draw", title: "Draw", key: "d", load: () => import("./draw.js"), style: true },
  { name: "units", title: "Units", key: "u", load: () => import("./units.js"), style: true },
  { name: "unit", title: "Unit", key: "i", load: () => import("./unit.js"), style: true },
  { name: "compare", title: "Compare", key: "c", load: () => import("./compare.js"), style: true },
  { name: "image", title: "Image", key: "m", load: () => import("./image.js"), style: true },
  { name: "atlas", title: "Atlas", key: "t", load: () => import("./atlas.js"), style: true },
  { name: "runs", title: "Run", key: "r", load: () => import("./runs.js"), style: true },
  { name: "tour", title: "Tour", key: "h", load: () => import("./tour.js"), style: true },
];
