/** What this room tells the house about itself: pure, for server and browser. */
export { permissions } from "./permissions";
