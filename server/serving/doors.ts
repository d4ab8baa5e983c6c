/** How the house reaches this room: the browser's door and the programs' door. Importing it makes its things findable. */
import "./finders";

export { servingRoutes as routes } from "./rest";
export { servingRouter as router } from "./router";
