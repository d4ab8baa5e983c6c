import type { Notice } from "@/server/notifications";
import type { NoticeReason } from "./rules";
import type { ToldAlert } from "./webhook-body";

type Words = Pick<Notice, "title" | "body" | "href" | "subject">;

const PREFIX: Record<NoticeReason, string> = {
  first: "",
  new: "",
  resolved: "",
  all_resolved: "Resolved: ",
  repeat: "Still firing: ",
};

const count = (n: number) => `${n} alert${n === 1 ? "" : "s"}`;

/** What a group of alerts says in an inbox: one alert in its own words, several by number and name. */
export function noticeWords(reason: NoticeReason, told: readonly ToldAlert[]): Words {
  const [first] = told;
  if (!first) throw new RangeError("A notice is about at least one alert.");
  const { alert, labels } = first;
  const subject = { kind: alert.subjectKind, id: alert.subjectId };
  if (told.length === 1)
    return {
      title: `${PREFIX[reason]}${alert.title}`,
      body: reason === "all_resolved" ? "The alert is over." : alert.body,
      href: alert.href,
      subject,
    };
  const titles = (status: ToldAlert["status"]) =>
    told.filter((each) => each.status === status).map((each) => each.alert.title);
  const [firing, resolved] = [titles("firing"), titles("resolved")];
  const of = labels.deployment === undefined ? "" : ` of ${labels.deployment}`;
  const over = resolved.length > 0 && firing.length > 0 ? `, ${resolved.length} resolved` : "";
  return {
    title: `${PREFIX[reason]}${count(firing.length || resolved.length)}${of}${over}`,
    body: [
      firing.join("; "),
      resolved.length > 0 && firing.length > 0 ? `Over: ${resolved.join("; ")}` : resolved.join("; "),
    ]
      .filter(Boolean)
      .join(". "),
    href: "/alerts",
    subject,
  };
}
