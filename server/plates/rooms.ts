/**
 * The rooms and their kinds, one line each, from below. A room imports only from floors below its own; the import gate reads the floors here. Pure:
 * everything below the doors, and the browser's side, ask here instead of naming a room.
 */
// Floor 1
export { kinds as identity } from "@/server/identity/kinds";
export { kinds as notifications } from "@/server/notifications/kinds";
// Floor 2
export { kinds as governance } from "@/server/governance/kinds";
// Floor 3
export { kinds as datasets } from "@/server/datasets/kinds";
// Floor 4
export { kinds as compute } from "@/server/compute/kinds";
// Floor 5
export { kinds as experiments } from "@/server/experiments/kinds";
// Floor 6
export { kinds as registry } from "@/server/registry/kinds";
// Floor 7
export { kinds as serving } from "@/server/serving/kinds";
// Floor 8
export { kinds as monitoring } from "@/server/monitoring/kinds";
// Floor 9
export { kinds as insights } from "@/server/insights/kinds";
export { kinds as catalog } from "@/server/catalog/kinds";
export { kinds as platform } from "@/server/platform/kinds";
