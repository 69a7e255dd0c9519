// The wall: what was drawn by the server comes alive. No build step; each module has one matter.
import { drawCharts } from "./wall-charts.js";
import { listen } from "./wall-live.js";
import { handleView } from "./wall-view.js";

const screen_ = document.getElementById("screen");
const refresh = listen(screen_, drawCharts);
handleView(screen_, { drawCharts, refresh });
drawCharts(screen_);
