/** What each room says of who may do what, one line each. Apart from the kinds, because the browser needs those alone. */
export { permissions as catalog } from "@/server/catalog/permissions";
export { permissions as compute } from "@/server/compute/permissions";
export { permissions as datasets } from "@/server/datasets/permissions";
export { permissions as experiments } from "@/server/experiments/permissions";
export { permissions as governance } from "@/server/governance/permissions";
export { permissions as identity } from "@/server/identity/permissions";
export { permissions as insights } from "@/server/insights/permissions";
export { permissions as monitoring } from "@/server/monitoring/permissions";
export { permissions as notifications } from "@/server/notifications/permissions";
export { permissions as platform } from "@/server/platform/permissions";
export { permissions as registry } from "@/server/registry/permissions";
export { permissions as serving } from "@/server/serving/permissions";
