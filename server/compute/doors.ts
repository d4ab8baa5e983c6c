/** How the house reaches this room: the browser's door and the programs' door. Importing it makes its things findable. */
import "./finders";

export { computeRoutes as routes } from "./rest";
export { computeRouter as router } from "./router";
