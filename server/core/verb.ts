import { z } from "zod";
import { can, type Permission } from "./authz/permissions";
import { closed } from "./closed";
import { createCtx, unauthenticated, type Caller, type Ctx } from "./context";
import { AppError, forbidden, invalid, invalidField, isAppError } from "./errors";
import { speakInWords } from "./input-words";
import { transaction } from "./tell";
import { toldIssues, unknownFields } from "./unknown-fields";
import { unstorableInWords, unstorableTextIn } from "./unstorable";

export interface VerbDefinition<S extends z.ZodType> {
  /** Also the audit action, e.g. `registry.version.promote`. */
  name: string;
  permission: Permission;
  /** Closed for every verb: what it does not know is refused by name (`closed.ts`). */
  input: S;
  /** One line for OpenAPI and the palette. */
  summary: string;
  /** `required` unless a reason says why no audit row is written. */
  audit?: "required" | `none: ${string}`;
  /** A verb that streams or calls out opens its own short transactions with `inTransaction`. */
  transactional?: boolean;
}

export interface Verb<S extends z.ZodType = z.ZodType, O = unknown> {
  readonly kind: "query" | "mutation";
  readonly definition: VerbDefinition<S>;
  /** Authorizes, parses, runs. The only way in, whichever door the caller came through. */
  execute(caller: Caller, input: unknown): Promise<O>;
  /** Runs inside another verb's context (same actor, same transaction); authorization holds again. */
  within(ctx: Ctx, input: z.input<S>): Promise<O>;
}

type Run<S extends z.ZodType, O> = (args: { ctx: Ctx; input: z.output<S> }) => Promise<O>;

speakInWords();

const registry = new Map<string, Verb>();

/** All verbs that the loaded modules define; structural tests walk it. */
export const allVerbs = (): Verb[] => [...registry.values()];

/** A refused input in our own form: names each field and what is wrong with it. */
export function invalidInput(error: z.ZodError, schema?: z.ZodType): AppError {
  const fields: Record<string, string> = {};
  for (const issue of error.issues.flatMap(toldIssues)) {
    const told: [string, string][] =
      issue.code === "unrecognized_keys"
        ? unknownFields(issue, schema)
        : [[issue.path.map(String).join(".") || "input", issue.message]];
    for (const [path, words] of told) fields[path] ??= words;
  }
  const first = Object.entries(fields)[0];
  return invalid(
    first ? `${first[0]}: ${first[1]}` : "The input cannot be used.",
    "Correct the named fields and try again.",
    { fields },
  );
}

export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw invalidInput(parsed.error, schema);
  const found = unstorableTextIn(parsed.data);
  if (!found) return parsed.data;
  throw invalidField(found.path, `must not hold ${found.holds}`, "Remove it and try again.");
}

/** A value that only the database found not to fit is the caller's to correct; sent again as it is, it would fail again. */
function inWords(ctx: Ctx, verb: string, error: unknown): unknown {
  const words = isAppError(error) ? undefined : unstorableInWords(error);
  if (words === undefined) return error;
  ctx.log.warn({ err: error, verb }, "value refused by the database");
  return new AppError("invalid", words, { hint: "Correct the value and try again.", cause: error });
}

function check(ctx: Ctx, permission: Permission, signedIn: boolean) {
  const verdict = can(signedIn ? ctx.actor : undefined, permission);
  if (verdict.allowed) return;
  if (!signedIn) throw unauthenticated();
  throw forbidden(verdict.reason ?? "You may not do this.", "Ask a team admin for the role that is needed.", {
    permission,
  });
}

const isSignedIn = (ctx: Ctx) => ctx.actor.userId !== "anonymous";

function define<S extends z.ZodType, O>(
  kind: Verb["kind"],
  open: VerbDefinition<S>,
  run: Run<S, O>,
): Verb<S, O> {
  const definition = { ...open, input: closed(open.input) };
  async function runOn(ctx: Ctx, input: z.output<S>): Promise<O> {
    if (kind === "query" || definition.transactional === false) return run({ ctx, input });
    return inTransaction(ctx, async (tx) => {
      const before = tx.trail.audited;
      const result = await run({ ctx: tx, input });
      if ((definition.audit ?? "required") === "required" && tx.trail.audited === before) {
        throw new AppError("internal", `${definition.name} wrote no audit row.`);
      }
      return result;
    });
  }
  async function perform(ctx: Ctx, raw: unknown): Promise<O> {
    check(ctx, definition.permission, isSignedIn(ctx));
    const input = parseInput(definition.input, raw);
    try {
      return await runOn(ctx, input);
    } catch (error) {
      throw inWords(ctx, definition.name, error);
    }
  }
  const verb: Verb<S, O> = {
    kind,
    definition,
    execute: (caller, input) => perform(createCtx(caller), input),
    within: (ctx, input) => perform(ctx, input),
  };
  registry.set(definition.name, verb);
  return verb;
}

/** A use case that only reads. */
export const query = <S extends z.ZodType, O>(definition: VerbDefinition<S>, run: Run<S, O>) =>
  define("query", definition, run);

/** A use case that writes: one transaction, and an audit row in it. */
export const mutation = <S extends z.ZodType, O>(definition: VerbDefinition<S>, run: Run<S, O>) =>
  define("mutation", definition, run);

/** Runs `work` in a transaction, reusing an outer one. What it tells (`emit`, `notifyLive`) goes out after the commit. */
export async function inTransaction<T>(ctx: Ctx, work: (tx: Ctx) => Promise<T>): Promise<T> {
  if (ctx.trail.inTransaction) return work(ctx);
  return transaction(ctx.db, async (tx) => {
    const inner: Ctx = { ...ctx, db: tx, trail: { audited: 0, inTransaction: true } };
    const result = await work(inner);
    ctx.trail.audited += inner.trail.audited;
    return result;
  });
}

/** For verbs without input. */
export const NoInput = z.object({}).optional().default({});
