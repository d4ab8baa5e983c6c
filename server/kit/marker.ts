/** Marks an event whose deliveries have been written; a pseudo-handler, because events themselves never change. */
export const MARKER = "·fan-out";
