import { servingWords } from "@/components/common/serving-words";
import type { TimelineItem } from "./types";

type Told = Pick<TimelineItem, "action" | "label" | "version" | "deployment" | "environment" | "reason"> & {
  before?: unknown;
  after?: unknown;
};

const ABOUT: Record<string, string> = {
  "registry.model.create": "created",
  "registry.model.rename": "renamed",
  "registry.model.update": "described",
  "registry.version.create": "registered",
  "registry.endpoint.register": "registered an external endpoint as",
  "registry.version.update": "described",
  "registry.version.delete": "deleted",
  "registry.version.transition-stage": "changed the stage of",
  "registry.version.qualify": "qualified",
  "registry.contract.save": "changed the contract of",
  "registry.card.save": "edited the card of",
  "registry.gates.run": "asked for the gates of",
  "registry.review.request": "requested a review of",
  "registry.model.delete": "deleted",
  "registry.protection.set": "changed the protected aliases and stages of",
  "governance.gate.run": "judged",
};

const DECISIONS: Record<string, string> = {
  approve: "approved",
  reject: "rejected",
  request_changes: "requested changes to",
  comment: "commented on",
};

/** A text under a name in one side of an audit row. */
function said(side: unknown, name: string): string | undefined {
  const value = side !== null && typeof side === "object" ? Reflect.get(side, name) : undefined;
  return typeof value === "string" ? value : undefined;
}

function review(item: Told): string {
  const version = item.version === null ? "a version" : `version ${item.version}`;
  const where = item.environment ? ` for ${item.environment}` : "";
  const verb = item.action.replace("governance.review.", "");
  if (verb === "decide")
    return `${DECISIONS[said(item.after, "decision") ?? ""] ?? "decided on"} ${version}${where}`;
  if (verb === "void") return `ended the review of ${version}${where}`;
  if (verb === "withdraw") return `withdrew the review of ${version}${where}`;
  return `${verb === "assign" ? "assigned" : "commented on"} the review of ${version}${where}`;
}

function serving(item: Told): string {
  return servingWords({
    action: item.action,
    state: said(item.after, "state"),
    version: item.version === null ? "a version" : `version ${item.version}`,
    place: item.deployment ?? "a deployment",
  });
}

function alias(item: Told): string {
  const name = said(item.after, "alias") ?? said(item.before, "alias") ?? "an alias";
  const version = item.version === null ? "a version" : `version ${item.version}`;
  return item.action === "registry.alias.set"
    ? `set @${name} on ${version}`
    : `took @${name} from ${version}`;
}

/** What an audit row says happened, as a sentence without its actor. */
export function timelineText(item: Told): string {
  const words = item.action.startsWith("governance.review.")
    ? review(item)
    : item.action.startsWith("serving.")
      ? serving(item)
      : item.action.startsWith("registry.alias.")
        ? alias(item)
        : `${ABOUT[item.action] ?? item.action.replaceAll(/[._-]/g, " ")} ${item.label}`;
  return item.reason ? `${words}: ${item.reason}` : words;
}
