import "@/server/compute/jobs";
/** The job modules of all domains; importing them registers their handlers, workflows and ticks. */
export const DOMAINS = [] as const;
