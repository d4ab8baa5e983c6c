/** The doors of all rooms, one line each, under the room's own name. */
export * as catalog from "@/server/catalog/doors";
export * as compute from "@/server/compute/doors";
export * as datasets from "@/server/datasets/doors";
export * as experiments from "@/server/experiments/doors";
export * as governance from "@/server/governance/doors";
export * as identity from "@/server/identity/doors";
export * as insights from "@/server/insights/doors";
export * as monitoring from "@/server/monitoring/doors";
export * as notifications from "@/server/notifications/doors";
export * as platform from "@/server/platform/doors";
export * as registry from "@/server/registry/doors";
export * as serving from "@/server/serving/doors";
