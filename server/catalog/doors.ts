/** How the house reaches this room: the browser's door and the programs' door. */
export { catalogRoutes as routes } from "./rest";
export { catalogRouter as router } from "./router";
