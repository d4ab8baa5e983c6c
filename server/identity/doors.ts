/** How the house reaches this room: the browser's door and the programs' door. Importing it makes its things findable. */
import "./finders";

export { identityRoutes as routes } from "./rest";
export { identityRouter as router } from "./router";
