/** The limit that the token form shows without loading the schema that enforces it. */
export const MAX_TOKEN_DAYS = 365;
