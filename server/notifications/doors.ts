/** How the house reaches this room: the browser's door and the programs' door. */
export { notificationRoutes as routes } from "./rest";
export { notificationsRouter as router } from "./router";
