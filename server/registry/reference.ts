import { z } from "zod";
import { clip } from "@/server/core/characters";
import { invalid, invalidField } from "@/server/core/errors";

/** What a version is that names files elsewhere, as its client gave it. */
export const Reference = z.object({
  location: z.string(),
  /** A run that this portal does not have. */
  runId: z.string().nullable(),
  runLink: z.string().nullable(),
});
export type Reference = z.output<typeof Reference>;

export const referenceOf = (version: { reference: unknown }): Reference | null =>
  Reference.safeParse(version.reference).data ?? null;

const MOST_SHOWN = 300;
/** Why nothing happens with it, for its page and for programs. */
export const whyNothing = ({ location }: Reference): string =>
  `A reference: its files are at ${clip(location, MOST_SHOWN)} and were never in this portal, so nothing here can scan, judge or serve them.`;

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;

/** Addresses that open by themselves, as object stores give them out. */
const SIGNED = /[?&][^=&#]*(sig|token|secret|password|credential)[^=&#]*=/i;

function unquoted(source: string): string {
  try {
    const once = decodeURIComponent(source.replaceAll("+", " "));
    return once === source ? source : unquoted(once);
  } catch {
    return source;
  }
}

/** @throws AppError `invalid`, in the protocol's words, for what names no place, climbs out of it or holds a password */
export function requireLocation(source: string): void {
  const refused = (why: string) =>
    invalid(
      `Invalid model version source: '${source}'. ${why}`,
      "Log the model to this portal, or name where its files are, such as s3://bucket/model.",
    );
  if (!SCHEME.test(source))
    throw refused(
      "To use a local path as a model version source, the run_id request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the run_id.",
    );
  const plain = unquoted(source);
  if (plain.includes("\0") || plain.split(/[/\\]/).includes(".."))
    throw refused(
      "If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present.",
    );
  if (/^[^/]*\/\/[^/]*:[^/]*@/.test(source) || SIGNED.test(source))
    throw invalidField(
      "source",
      "holds a password or a signature, which everybody here could read",
      "Leave it out.",
    );
}
