/** How the house reaches this room: the browser's door and the programs' door. */
export { platformRoutes as routes } from "./rest";
export { platformRouter as router } from "./router";
