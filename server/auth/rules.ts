/** Limits that forms show without loading the schemas that enforce them. */
export const MIN_PASSWORD_LENGTH = 12;
export const MAX_PASSWORD_LENGTH = 200;

/** A password as it is judged and hashed: what looks alike and is typed alike on another keyboard is the same. */
export const normalizedPassword = (password: string): string => password.normalize("NFKC");

/** In characters as people count them, nearly: a sign outside the first 65,536 is one, and so is a letter with its accent. */
export const passwordLength = (password: string): number => Array.from(normalizedPassword(password)).length;

/** The person as whom the bootstrap token acts: it works in a team as its admin, but nobody reads its inbox. */
export const SERVICE_EMAIL = "bootstrap@service.local";
export const SERVICE_NAME = "Bootstrap token (service)";
