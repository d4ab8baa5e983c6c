/** Limits that forms show without loading the schemas that enforce them. */
export const MIN_PASSWORD_LENGTH = 12;
export const MAX_TOKEN_DAYS = 365;
