import type { Notice } from "@/server/notifications";
import { alertsHref } from "../rules";
import type { NoticeReason } from "./rules";
import type { ToldAlert } from "./webhook-body";

type Words = Pick<Notice, "title" | "body" | "href" | "subject">;

const PREFIX: Record<NoticeReason, string> = {
  first: "",
  new: "",
  resolved: "Resolved: ",
  all_resolved: "Resolved: ",
  repeat: "Still firing: ",
};

/** What a group of alerts says in an inbox: the newest of what the notice is about in its own words, the others by number and name. */
export function noticeWords(reason: NoticeReason, told: readonly ToldAlert[]): Words {
  const of = (status: ToldAlert["status"]) => told.filter((each) => each.status === status);
  const [firing, resolved] = [of("firing"), of("resolved")];
  const about = reason === "resolved" || reason === "all_resolved" ? resolved : firing;
  const lead = about.at(-1)?.alert;
  if (!lead) throw new RangeError("A notice is about at least one alert.");
  const more = about.length > 1 ? ` and ${about.length - 1} more` : "";
  const names = (each: readonly ToldAlert[]) => each.map(({ alert }) => alert.title).join("; ");
  const alone = reason === "all_resolved" ? "The alert is over." : lead.body;
  const all = [
    firing.length > 0 ? `Firing: ${names(firing)}` : "",
    resolved.length > 0 ? `Over: ${names(resolved)}` : "",
  ];
  return {
    title: `${PREFIX[reason]}${lead.title}${more}`,
    body: told.length === 1 ? alone : all.filter(Boolean).join(". "),
    href: alertsHref(about.at(-1)?.labels.deployment, reason === "all_resolved"),
    subject: { kind: lead.subjectKind, id: lead.subjectId },
  };
}
