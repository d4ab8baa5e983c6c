/** How the house reaches this room: the browser's door and the programs' door. Importing it makes its things findable. */
import "./finders";

export { governanceRoutes as routes } from "./rest";
export { governanceRouter as router } from "./router";
