/** How the house reaches this room: the browser's door and the programs' door. Importing it makes its things findable. */
import "./finders";

export { registryRoutes as routes } from "./rest";
export { registryRouter as router } from "./router";
