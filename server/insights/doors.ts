/** How the house reaches this room: the browser's door and the programs' door. */
export { insightsRoutes as routes } from "./rest";
export { insightsRouter as router } from "./router";
