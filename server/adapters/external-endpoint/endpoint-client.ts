import net from "node:net";
import { isAppError } from "@/server/core/errors";
import type { ModelSignature, Tensor } from "../model-runtime/port";
import { isLoopback } from "./addresses";
import { requireSuccess } from "./answers";
import { farCall, type FarAnswer } from "./far-call";
import { farFault, notAllowed } from "./faults";
import { guardedAgent, type GuardedAgent, type Resolver } from "./guarded-agents";
import { hostOf, type HostRule } from "@/server/core/endpoint-hosts";
import { decodeJson, encodeJson } from "./json-protocol";
import { KnownCredential, type CredentialHeaders } from "./known-credential";
import { decodeOip, encodeOip, oipAddresses, readMetadata } from "./oip-protocol";
import type { EndpointFile, Reported } from "./schemas";

/** Finds a team's credential for an address. @throws AppError `invalid` where there is none, or it is not for that host */
export type CredentialSource = (asked: {
  teamId: string;
  name: string;
  url: URL;
}) => Promise<CredentialHeaders>;

export interface ClientOptions {
  hosts: readonly HostRule[];
  credentials: CredentialSource;
  teamId: string;
  /** Finds addresses of names; the system's own way if left out. */
  resolve?: Resolver | undefined;
}

const PROBE_MS = 5_000;
const METADATA_BYTES = 1024 ** 2;
const NONE: CredentialHeaders = { headers: {}, secrets: [] };

/** Without TLS a credential could be read on its way. @throws AppError `invalid` */
export function requireTlsForCredential(file: Pick<EndpointFile, "url" | "credential">): void {
  const url = new URL(file.url);
  const host = hostOf(url);
  const stays = host === "localhost" || (net.isIP(host) !== 0 && isLoopback(host));
  if (file.credential !== null && url.protocol === "http:" && !stays)
    throw notAllowed(
      "A credential is sent over https only.",
      "Use an https:// address, or an endpoint without a credential.",
    );
}

/** Speaks to one endpoint in its protocol. Everything is bounded, and nothing is sent twice. */
export class EndpointClient {
  private readonly connection: GuardedAgent;
  private readonly url: URL;
  private readonly known: KnownCredential | undefined;

  /** @throws AppError `invalid` for an address that is not allowed here */
  constructor(
    private readonly file: EndpointFile,
    { hosts, credentials, teamId, resolve }: ClientOptions,
  ) {
    const url = new URL(file.url);
    const { credential: name } = file;
    this.url = url;
    requireTlsForCredential(file);
    this.connection = guardedAgent(hosts, url, file.maxConcurrency + 1, resolve);
    if (name !== null) this.known = new KnownCredential(() => credentials({ teamId, name, url }));
  }

  private credential(): Promise<CredentialHeaders> {
    return this.known?.get() ?? Promise.resolve(NONE);
  }

  private async call(
    asked: { method: "GET" | "POST"; url: URL; body?: string; maxBytes?: number },
    deadlineMs: number,
    endsAtMs = performance.now() + deadlineMs,
  ): Promise<{ answer: FarAnswer; secrets: readonly string[] }> {
    if (asked.url.origin !== this.url.origin) throw farFault("the request would go to another host.");
    const { headers, secrets } = await this.credential();
    const answer = await farCall(this.connection, { ...asked, headers, deadlineMs, endsAtMs });
    return { answer, secrets };
  }

  /** @throws AppError when it is not well */
  async ready(): Promise<void> {
    const { file } = this;
    if (file.protocol === "oip") {
      const { answer, secrets } = await this.call({ method: "GET", url: oipAddresses(file).ready }, PROBE_MS);
      requireSuccess(answer, secrets);
      return;
    }
    const url = new URL(this.url);
    // Never resolved like a link, which could lead to another host.
    if (file.healthPath !== null) url.pathname = file.healthPath;
    const { answer, secrets } = await this.call({ method: "GET", url }, PROBE_MS);
    // An address that takes POST alone says so, and is well.
    if (file.healthPath !== null || answer.status >= 500) requireSuccess(answer, secrets);
  }

  /** What it says of its model; undefined in a protocol that has no words for it. */
  async metadata(): Promise<Reported | undefined> {
    const { file } = this;
    if (file.protocol !== "oip") return undefined;
    const asked = { method: "GET" as const, url: oipAddresses(file).metadata, maxBytes: METADATA_BYTES };
    const { answer, secrets } = await this.call(asked, PROBE_MS);
    requireSuccess(answer, secrets);
    return readMetadata(answer.body);
  }

  /** @throws AppError `invalid` for what is wrong with the inputs, `timed_out`, `unavailable`, and `internal` for the endpoint's own faults */
  async infer(
    inputs: readonly Tensor[],
    signature: ModelSignature,
    endsAtMs: number,
    deadlineMs: number,
  ): Promise<Tensor[]> {
    const { file } = this;
    const [url, body] =
      file.protocol === "oip"
        ? [oipAddresses(file).infer, encodeOip(inputs, signature)]
        : [this.url, encodeJson(file, inputs)];
    await this.credential().catch((error: unknown) => {
      throw isAppError(error) ? farFault(error.message) : error;
    });
    const { answer, secrets } = await this.call({ method: "POST", url, body }, deadlineMs, endsAtMs);
    requireSuccess(answer, secrets, inputs);
    return file.protocol === "oip"
      ? decodeOip(answer.body, signature, file.version)
      : decodeJson(answer.body, signature, inputs[0]?.shape[0] ?? 0);
  }

  close(): void {
    this.connection.agent.destroy();
  }
}
