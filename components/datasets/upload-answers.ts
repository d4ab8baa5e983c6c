import { z } from "zod";

/** What the portal answers to an upload: the upload, or a problem document. */
export const Sent = z.object({ id: z.string(), slug: z.string(), state: z.string(), repeated: z.boolean() });
export type Sent = z.infer<typeof Sent>;
export const Problem = z.object({ title: z.string(), detail: z.string().optional() });
