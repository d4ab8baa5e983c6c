/** How the house reaches this room: the browser's door and the programs' door. Importing it makes its things findable. */
import "./finders";

export { datasetRoutes as routes } from "./rest";
export { datasetsRouter as router } from "./router";
