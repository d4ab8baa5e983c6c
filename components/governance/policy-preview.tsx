import Link from "next/link";
import { StatusBadge } from "@/components/common/status-badge";
import { Callout } from "@/components/ui/callout";
import { TimeAgo } from "@/components/common/time-ago";
import type { PolicyPreview } from "@/server/serving/policy-impact";
import { FALL_OUT_WORDS, graceInWords } from "./policy-words";

/** What a document would do if it came into force now. */
export function PolicyPreviewBox({ preview }: { preview: PolicyPreview }) {
  return (
    <output className="block">
      <Preview preview={preview} />
    </output>
  );
}

function Preview({ preview }: { preview: PolicyPreview }) {
  const { items, otherTeams, judged, notJudged } = preview;
  const total = items.length + otherTeams.places;
  const when =
    preview.grace === "0" ? (
      "at once"
    ) : (
      <>
        after {graceInWords(preview.grace)} of grace (<TimeAgo value={preview.fallsOutAt} />)
      </>
    );
  if (total === 0)
    return (
      <Callout tone="positive" title="Nothing would fall out">
        {judged} {judged === 1 ? "version that is" : "versions that are"} deployed or awaiting were judged by
        their stored evidence{notJudged > 0 ? `; ${notJudged} more were not` : ""}.
      </Callout>
    );
  return (
    <Callout
      tone={preview.onFallOut === "stop" ? "negative" : "warning"}
      title={`${total} of what is deployed or awaiting would not pass`}
    >
      <p>
        It would fall out {when}. {FALL_OUT_WORDS[preview.onFallOut].text}
      </p>
      <ul className="mt-2 flex flex-col gap-2">
        {items.map((item) => (
          <li key={`${item.href} ${item.arm} ${item.versionId}`} className="min-w-0">
            <span className="flex flex-wrap items-center gap-2">
              <StatusBadge status={item.verdict} />
              <Link
                href={item.href}
                className="inline-flex min-h-6 items-center text-accent-text hover:underline"
              >
                {item.deployment ?? `Review for ${item.environment}`}
              </Link>
              <span>
                {item.modelName}, version {item.number} ({item.environment})
              </span>
            </span>
            <span className="block text-sm break-words">{item.message}</span>
          </li>
        ))}
        {otherTeams.places > 0 ? (
          <li>
            and {otherTeams.places} of{" "}
            {otherTeams.teams === 1 ? "another team" : `${otherTeams.teams} other teams`}
          </li>
        ) : null}
      </ul>
      {notJudged > 0 ? <p className="mt-2">{notJudged} more versions were not judged.</p> : null}
    </Callout>
  );
}
