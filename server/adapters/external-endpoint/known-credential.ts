import { isAppError } from "@/server/core/errors";

/** What authenticates a request, and the words of it that must never be told. */
export interface CredentialHeaders {
  headers: Record<string, string>;
  secrets: readonly string[];
}

/** A changed credential is taken up within this time. */
const FRESH_MS = 5_000;

/** A credential as it was found last. It is asked for again now and then, beside the requests; while nobody can tell, the last one counts. */
export class KnownCredential {
  private last: CredentialHeaders | undefined;
  private askedMs = -Infinity;
  private asking: Promise<CredentialHeaders> | undefined;

  constructor(private readonly ask: () => Promise<CredentialHeaders>) {}

  /** @throws AppError when there is none any more */
  async get(): Promise<CredentialHeaders> {
    if (performance.now() - this.askedMs < FRESH_MS && this.last) return this.last;
    this.asking ??= this.askNow().finally(() => {
      this.asking = undefined;
    });
    if (!this.last) return this.asking;
    this.asking.catch(() => undefined);
    return this.last;
  }

  private async askNow(): Promise<CredentialHeaders> {
    try {
      this.last = await this.ask();
    } catch (error) {
      // Deleted, or not for this host any more.
      if (isAppError(error) && error.code === "invalid") this.last = undefined;
      throw error;
    }
    this.askedMs = performance.now();
    return this.last;
  }
}
