/** How the house reaches this room: the browser's door and the programs' door. */
export { monitoringRoutes as routes } from "./rest";
export { monitoringRouter as router } from "./router";
