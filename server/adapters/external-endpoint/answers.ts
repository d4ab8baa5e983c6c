import { z } from "zod";
import { parseNumericJson } from "@/server/core/numeric-json";
import { isAppError } from "@/server/core/errors";
import type { Tensor, TensorSignature } from "../model-runtime/port";
import { dataFromJson } from "../model-runtime/tensor-from-json";
import { emptyOf, shapeText } from "../model-runtime/tensor";
import type { FarAnswer } from "./far-call";
import { farAway, farFault, farRefusal, inWords, tells } from "./faults";

const decoder = new TextDecoder("utf-8", { fatal: true });

const Complaint = z.looseObject({
  error: z
    .union([z.string(), z.looseObject({ message: z.string() }).transform(({ message }) => message)])
    .optional()
    .catch(undefined),
  message: z.string().optional().catch(undefined),
  detail: z.unknown().optional(),
});

/** What the far end says is wrong, bounded and without secrets; it may be empty. */
function complaintOf(body: Buffer, secrets: readonly string[]): string {
  const text = body.subarray(0, 16 * 1024).toString("utf8");
  let said = text;
  try {
    const read = Complaint.safeParse(JSON.parse(text)).data;
    const detail = typeof read?.detail === "string" ? read.detail : JSON.stringify(read?.detail);
    said = read?.error ?? read?.message ?? detail ?? text;
  } catch {
    // Plain text, or a page.
    if (/^\s*</.test(text)) said = "";
  }
  return inWords(said, secrets);
}

const CALLERS = new Set([400, 413, 422]);
const LATER = new Set([429, 503]);

/**
 * Refuses every answer that is no success. Only what is about the inputs is the caller's; everything else is the endpoint's. One that repeats the
 * credential (as a server does that echoes what it is sent) is refused too: its values and names would tell it to callers and to the team.
 * @throws AppError
 */
export function requireSuccess(
  { status, body, retryAfter }: FarAnswer,
  secrets: readonly string[],
  inputs: readonly Tensor[] = [],
): void {
  if (status >= 200 && status < 300) {
    if (tells(body, secrets))
      throw farFault("its answer repeats the credential, so nothing of it is passed on.");
    return;
  }
  const said = complaintOf(body, secrets);
  const because = said === "" ? "." : `: ${said}`;
  if (CALLERS.has(status)) throw farRefusal(said === "" ? `it answers ${status}.` : said);
  if (LATER.has(status)) {
    const seconds = Number(retryAfter);
    throw farAway(`it answers ${status}${because}`, (seconds > 0 && seconds < 3600 ? seconds : 1) * 1000);
  }
  if (status >= 300 && status < 400)
    throw farFault(`it answers with a redirect (${status}), which is not followed.`);
  if (status === 401 || status === 403)
    throw farFault(`it does not accept the credential (${status})${because}`);
  const empty = status >= 500 ? emptyOf(inputs) : undefined;
  if (empty)
    throw farRefusal(
      `${empty.name} holds no values, and it answers ${status} to that. Send at least one row${because}`,
    );
  throw farFault(`it answers ${status}${because}`);
}

/** The body as JSON with exact numbers. @throws AppError `internal` */
export function jsonOf(body: Buffer): unknown {
  try {
    return parseNumericJson(decoder.decode(body));
  } catch {
    throw farFault("its answer is no JSON.");
  }
}

const fits = (shape: readonly number[], wanted: readonly number[]) =>
  shape.length === wanted.length && shape.every((size, at) => wanted[at] === -1 || wanted[at] === size);

/** A tensor that the far end gave, held against what the model promises. @throws AppError `internal` */
export function givenTensor(
  { name, datatype, shape: wanted }: TensorSignature,
  shape: number[],
  data: unknown,
): Tensor {
  if (!fits(shape, wanted))
    throw farFault(
      `its output "${name}" has the shape ${shapeText(shape)}; it promises ${shapeText(wanted)}.`,
    );
  try {
    return { name, datatype, shape, data: dataFromJson(datatype, shape, data, `its output "${name}"`) };
  } catch (error) {
    if (isAppError(error)) throw farFault(error.message);
    throw error;
  }
}
