/**
 * The plates of all rooms, one line each, under the room's own name. Pure: everything below the doors (who may, ids, live topics) and the browser's
 * side ask here instead of naming a room.
 */
export * as catalog from "@/server/catalog/plate";
export * as compute from "@/server/compute/plate";
export * as datasets from "@/server/datasets/plate";
export * as experiments from "@/server/experiments/plate";
export * as governance from "@/server/governance/plate";
export * as identity from "@/server/identity/plate";
export * as insights from "@/server/insights/plate";
export * as monitoring from "@/server/monitoring/plate";
export * as notifications from "@/server/notifications/plate";
export * as platform from "@/server/platform/plate";
export * as registry from "@/server/registry/plate";
export * as serving from "@/server/serving/plate";
