import { z } from "zod";
import { type Frame, jsonOf } from "../onnx/child/frame.mjs";
import { DATATYPES, type ModelSignature } from "../port";
import { refusedFile } from "./host-rules";

/** What is said is stored and shown. Tables have thousands of columns; more, or longer names, are no model's. */
const Tensors = z
  .array(
    z.object({
      name: z.string().max(1_000),
      datatype: z.enum(DATATYPES),
      shape: z.array(z.number().int()).max(64),
      optional: z.boolean().optional(),
    }),
  )
  .max(20_000);
const Parameters = z
  .array(
    z.object({
      name: z.string().max(1_000),
      type: z.string().max(100),
      isList: z.boolean(),
      default: z.string().max(1_000),
    }),
  )
  .max(1_000);
const Signature = z.object({ inputs: Tensors, outputs: Tensors, parameters: Parameters.optional() });

/** What a process says that its model takes and gives. It may say anything. @throws AppError `invalid` for what cannot be a model's */
export function describedBy(frame: Frame): ModelSignature {
  try {
    return Signature.parse(jsonOf(frame));
  } catch {
    throw refusedFile("what it says of its inputs and outputs cannot be read");
  }
}
