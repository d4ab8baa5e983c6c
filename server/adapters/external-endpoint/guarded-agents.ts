import { lookup, type LookupAddress, type LookupAllOptions } from "node:dns";
import http from "node:http";
import https from "node:https";
import net, { type LookupFunction } from "node:net";
import { addressKind } from "./addresses";
import { allowedBy, hostOf, portOf, type HostRule } from "@/server/core/endpoint-hosts";
import { notAllowed, Unreachable } from "./faults";

export const HOSTS_SETTING = "MODELWORKS_ENDPOINT_HOSTS";
/** Below what servers usually keep an idle connection, so that we seldom write into one that they are closing. */
const IDLE_MS = 4_000;

/** @throws AppError `invalid` for an address whose host the operator has not named, with the next step. */
export function requireAllowed(rules: readonly HostRule[], url: URL): "named" | "suffix" {
  const how = allowedBy(rules, url);
  if (how) return how;
  const entry = `${url.hostname}${url.port === "" ? "" : `:${portOf(url)}`}`;
  throw notAllowed(
    rules.length === 0
      ? "This installation allows no external endpoints."
      : `The host ${entry} is not among those where endpoints may be.`,
    `Ask the operator to add ${entry} to ${HOSTS_SETTING} and to restart portal, worker and gateway.`,
  );
}

/** Why an address may not be connected to; undefined where it may. */
export function whyNotAddress(address: string, how: "named" | "suffix"): string | undefined {
  const kind = addressKind(address);
  if (kind === "never") return "its name leads to an address at which no endpoint may be";
  if (kind === "own" && how === "suffix")
    return `its name leads into a private network; its host must be named itself in ${HOSTS_SETTING}`;
  return undefined;
}

/** Finds all addresses of a name, as the system's `lookup` does. */
export type Resolver = (
  name: string,
  options: LookupAllOptions,
  done: (error: Error | null, found: LookupAddress[]) => void,
) => void;

/** Resolves a name and hands out only addresses that may be connected to: what is checked is what is connected to, whatever a later answer says. */
const guardedLookup =
  (how: "named" | "suffix", resolve: Resolver): LookupFunction =>
  (name, options, callback) => {
    resolve(name, { ...options, all: true }, (error, found) => {
      if (error) {
        callback(new Unreachable("its name cannot be resolved."), "", 0);
        return;
      }
      const refusals = found.map(({ address }) => whyNotAddress(address, how));
      const good = found.filter((_, index) => refusals[index] === undefined);
      const [first] = good;
      if (!first) callback(new Unreachable(`${refusals[0] ?? "its name has no address"}.`), "", 0);
      else if (options.all) callback(null, good);
      else callback(null, first.address, first.family);
    });
  };

export interface GuardedAgent {
  agent: http.Agent;
  request: typeof http.request;
}

/**
 * Connections to one endpoint, kept for the next request. TLS certificates are checked, whatever the environment says.
 * @throws AppError `invalid` for a host that is not allowed
 */
export function guardedAgent(
  rules: readonly HostRule[],
  url: URL,
  maxSockets: number,
  resolve: Resolver = lookup,
): GuardedAgent {
  const how = requireAllowed(rules, url);
  // An address in place of a name is never looked up.
  const literal = net.isIP(hostOf(url)) === 0 ? undefined : whyNotAddress(hostOf(url), how);
  if (literal) throw notAllowed(`No endpoint may be at ${url.hostname}: ${literal}.`, "Name another host.");
  const options = { keepAlive: true, maxSockets, timeout: IDLE_MS, lookup: guardedLookup(how, resolve) };
  return url.protocol === "https:"
    ? { agent: new https.Agent({ ...options, rejectUnauthorized: true }), request: https.request }
    : { agent: new http.Agent(options), request: http.request };
}
