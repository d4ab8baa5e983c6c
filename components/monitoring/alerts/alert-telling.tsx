import Link from "next/link";
import { formatNames } from "@/components/common/format";
import { Moment, TimeAgo } from "@/components/common/time-ago";
import type { Alert, Telling } from "./types";

const RECEIVER = "the operator's receiver";

/** To whom an alert goes, in words. */
const whomOf = (to: { people: readonly string[]; toReceiver: boolean }): string =>
  formatNames([...(to.toReceiver ? [RECEIVER] : []), ...to.people]);

/** What an entry of an alert's history says of whom it was told to. */
export function toldWords(
  told: NonNullable<Alert["history"][number]["told"]>,
  isEscalation: boolean,
): string {
  const whom = whomOf(told);
  if (isEscalation) return `told the next level, ${whom}`;
  const by = told.route === null ? "the built-in route" : `route ${told.route}`;
  const again = told.isRepeat ? " again" : "";
  return `told ${whom}${told.isOver ? " that it is over" : again}, by ${by}`;
}

/** Who was told of an open alert, who is told next, and when, as things are now. */
export function AlertTelling({
  alert,
  telling,
}: {
  alert: Pick<Alert, "silencedUntil">;
  /** Null where it could not be asked, which is told above the alerts. */
  telling: Telling | undefined | null;
}) {
  if (telling === null) return null;
  // The line is kept free until it is known, so that nothing moves.
  if (!telling) return <p className="min-h-5 text-sm text-fg-subtle">{alert.silencedUntil ? "" : "…"}</p>;
  const { toldAt, next, escalation, receiverWaiting } = telling;
  const route = (
    <Link href="/alerts/routing" className="text-accent-text underline">
      {telling.routeIndex === null ? "the built-in route" : `route ${telling.routeIndex + 1}`}
    </Link>
  );
  return (
    <p className="min-h-5 max-w-3xl text-sm text-fg-subtle">
      {toldAt ? (
        <>
          First told <TimeAgo value={toldAt} />, by {route}.{" "}
        </>
      ) : (
        <>Not told yet; {route} takes it. </>
      )}
      {next?.isRepeat ? (
        <>
          Told again to {whomOf(telling)} from <Moment value={next.at} /> on, until somebody acknowledges
          it.{" "}
        </>
      ) : null}
      {next && !next.isRepeat ? (
        <>
          Told to {whomOf(telling)} at <Moment value={next.at} />.{" "}
        </>
      ) : null}
      {escalation ? (
        <>
          Without an acknowledgement {whomOf({ people: escalation.people, toReceiver: false })}{" "}
          {escalation.people.length === 1 ? "is" : "are"} told at <Moment value={escalation.at} />.{" "}
        </>
      ) : null}
      {toldAt && !next && !escalation && !alert.silencedUntil
        ? "Nobody is told again while it lasts. "
        : null}
      {receiverWaiting > 0 ? "The operator's receiver has not taken it yet; it is tried again." : null}
    </p>
  );
}
