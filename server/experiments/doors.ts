/** How the house reaches this room: the browser's door and the programs' door. Importing it makes its things findable. */
import "./finders";

export { experimentRoutes as routes } from "./rest";
export { experimentsRouter as router } from "./router";
