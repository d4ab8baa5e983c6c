import { z } from "zod";
import { CredentialName } from "@/server/adapters/external-endpoint/schemas";
import { parseHosts } from "@/server/core/endpoint-hosts";

export const CREDENTIAL_KINDS = ["bearer", "basic", "header"] as const;
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

const HOST_WORDS = "must list hosts such as models.example.org, models.example.org:8443 or *.example.org";

/** Where it may be sent, as one text with commas or as a list. */
const Hosts = z
  .union([z.string().max(4000), z.array(z.string().max(300)).max(50)])
  .transform((given, context) => {
    const entries = (typeof given === "string" ? given.split(",") : given)
      .map((entry) => entry.trim().toLowerCase())
      .filter((entry) => entry !== "");
    try {
      if (entries.length === 0) throw new Error("none");
      // A comma within an entry of a list would be two.
      if (entries.some((entry) => parseHosts(entry).length !== 1)) throw new Error("several");
    } catch {
      context.addIssue({ code: "custom", message: HOST_WORDS });
    }
    return entries;
  });

/** What headers can carry. The messages never repeat a value. */
const PRINTABLE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const Value = z
  .string()
  .min(8, "must have at least 8 characters, so that it can be kept out of what the far end says")
  .max(8_000)
  .regex(PRINTABLE, "may hold printable ASCII only, without spaces at its ends");

/** Headers that belong to the exchange itself. */
const TAKEN =
  /^(host|connection|content-.*|transfer-encoding|te|trailer|upgrade|expect|accept|accept-encoding|keep-alive|proxy-.*)$/i;

export const SetCredentialInput = z
  .object({
    name: CredentialName,
    kind: z.enum(CREDENTIAL_KINDS),
    hosts: Hosts,
    /** For `header`: its name. */
    header: z
      .string()
      .trim()
      .max(100)
      .regex(/^[\w!#$%&'*+.^`|~-]*$/, "must be the name of a header")
      .default(""),
    /** For `basic`: the user. */
    user: z
      .string()
      .max(200)
      .regex(/^[^:\p{Cc}]*$/u, "must not hold :")
      .default(""),
    /** Token, password or the header's value. Stored encrypted, never shown again. */
    value: Value,
    /** Refuse a name that is taken, instead of replacing what it names: a secret that is replaced is gone. */
    isNew: z.boolean().default(false),
  })
  .superRefine(({ kind, header, user }, context) => {
    if (kind === "header" && (header === "" || TAKEN.test(header)))
      context.addIssue({
        code: "custom",
        path: ["header"],
        message: header === "" ? "must name the header" : "is set by the gateway itself; name another header",
      });
    if (kind === "basic" && user === "")
      context.addIssue({ code: "custom", path: ["user"], message: "must name the user" });
  });

export const CredentialInput = z.object({ name: CredentialName });

/** What is sealed. */
export const StoredSecret = z.object({ header: z.string(), user: z.string(), value: z.string() });
export type StoredSecret = z.infer<typeof StoredSecret>;
