/** What this room tells the house about itself: pure, for server and browser. */
export { kinds } from "./kinds";
export { permissions } from "./permissions";
