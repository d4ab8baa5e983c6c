import type { ComponentProps, ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { ALERT_HISTORY } from "@/server/monitoring/alerts/rules";
import { AlertHistory } from "./alert-history";
import { AlertTelling, toldWords } from "./alert-telling";

const textOf = (node: ReactNode) =>
  renderToStaticMarkup(node)
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll("&#x27;", "'")
    .replaceAll(/\s+/g, " ")
    .trim();

describe("what a history says of whom an alert was told to", () => {
  const told = { people: ["Ada"], toReceiver: false, route: 1, isRepeat: false, isOver: false };

  it("names people, receiver and route, and says whether it was again or the end", () => {
    expect(
      [
        told,
        { ...told, toReceiver: true, isRepeat: true, route: null },
        { ...told, people: ["Ada", "Ben"], isOver: true },
        { ...told, people: [] },
      ].map((each) => toldWords(each, false)),
    ).toEqual([
      "told Ada, by route 1",
      "told the operator's receiver and Ada again, by the built-in route",
      "told Ada and Ben that it is over, by route 1",
      "told nobody, by route 1",
    ]);
    expect(toldWords({ ...told, route: null }, true)).toBe("told the next level, Ada");
  });

  const history = (length: number) => ({
    title: "It fails",
    history: Array.from({ length }, (_, n) => ({
      alertId: "alr_1",
      id: `${n}`,
      action: "monitoring.alert.tell",
      actorName: "Modelworks",
      at: new Date(0),
      reason: null,
      told,
    })),
  });
  it("does not pass off the latest entries for all there are", () => {
    expect(textOf(<AlertHistory alert={history(2)} />)).toMatch(/^History \(2\)/);
    expect(textOf(<AlertHistory alert={history(ALERT_HISTORY)} />)).toMatch(/^History \(the latest 30\)/);
  });
});

describe("what an open alert says of who is told", () => {
  type Telling = NonNullable<ComponentProps<typeof AlertTelling>["telling"]>;
  const [first, again, level] = [10, 70, 40].map((minute) => new Date(minute * 60_000));
  const telling: Telling = {
    alertId: "alr_1",
    routeIndex: 1,
    toldAt: first ?? null,
    next: again ? { at: again, isRepeat: true } : null,
    people: ["Ada"],
    toReceiver: false,
    escalation: level ? { at: level, people: ["Ben", "Cat"] } : null,
    receiverWaiting: 0,
  };
  const said = (change: Partial<Telling>, silencedUntil: Date | null = null) =>
    textOf(<AlertTelling alert={{ silencedUntil }} telling={{ ...telling, ...change }} />);
  const TOLD = "First told Jan 1, 1970, 00:10 UTC, by route 2.";

  it("once it was told: by which route, when again, and who would be next", () => {
    expect(said({})).toBe(
      `${TOLD} Told again to Ada from Jan 1, 1970, 01:10 UTC on, until somebody acknowledges it. Without an acknowledgement Ben and Cat are told at Jan 1, 1970, 00:40 UTC.`,
    );
  });
  it("before that, and of what the receiver has not taken", () => {
    const next = first ? { at: first, isRepeat: false } : null;
    const fresh = { toldAt: null, next, escalation: null, routeIndex: null, receiverWaiting: 2 };
    expect(said(fresh)).toBe(
      "Not told yet; the built-in route takes it. Told to Ada at Jan 1, 1970, 00:10 UTC. The operator's receiver has not taken it yet; it is tried again.",
    );
  });
  it("that nobody is told again, except under a silence, which says until when itself", () => {
    const quiet = { next: null, escalation: null };
    expect(said(quiet)).toBe(`${TOLD} Nobody is told again while it lasts.`);
    expect(said(quiet, new Date())).toBe(TOLD);
  });
  it("waits for what is not known yet, and says nothing of what could not be asked", () => {
    const alert = { silencedUntil: null };
    expect(textOf(<AlertTelling alert={alert} telling={undefined} />)).toBe("…");
    expect(textOf(<AlertTelling alert={alert} telling={null} />)).toBe("");
  });
});
