/** One entry of MODELWORKS_ENDPOINT_HOSTS: where endpoints may be. */
export interface HostRule {
  /** Without the `*` of a suffix, which keeps its dot. */
  host: string;
  suffix: boolean;
  /** Undefined for the usual one of https and http. */
  port: number | undefined;
}

const LABELS = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;
const ENTRY = /^(\*\.)?(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/;

// Forms use this too, so it does without Node's own parts.
const isV4 = (text: string) =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split(".").every((part) => Number(part) <= 255);
const isV6 = (text: string) => text.includes(":") && URL.canParse(`http://[${text}]/`);
const isAddressText = (text: string) => isV4(text) || isV6(text);

/** The host of a URL as rules have it: small letters, no brackets, no dot at the end. */
export const hostOf = (url: URL): string =>
  url.hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");

export const portOf = (url: URL): number => Number(url.port) || (url.protocol === "https:" ? 443 : 80);

function ruleOf(text: string): HostRule {
  const [, star, name = "", port] = ENTRY.exec(text.toLowerCase()) ?? [];
  const host = name.replace(/^\[(.*)\]$/, "$1");
  const isAddress = isAddressText(host);
  const good = star ? LABELS.test(host) && !isAddress : isAddress || LABELS.test(host);
  const number = port === undefined ? undefined : Number(port);
  if (!good || (number !== undefined && (number < 1 || number > 65_535)))
    throw new Error(`"${text}" is no host, host:port or *.suffix`);
  // The way a URL spells it, so that ::0001 and ::1 are one.
  const spelled = isV6(host) ? hostOf(new URL(`http://[${host}]/`)) : host;
  return { host: star ? `.${spelled}` : spelled, suffix: star !== undefined, port: number };
}

/** Reads a list as operators write it. @throws Error that names the entry. */
export const parseHosts = (text: string): HostRule[] =>
  text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
    .map(ruleOf);

function matches(rule: HostRule, url: URL): boolean {
  const host = hostOf(url);
  const named = rule.suffix ? host.endsWith(rule.host) && !isAddressText(host) : host === rule.host;
  const port = portOf(url);
  return (
    named && (rule.port === undefined ? port === (url.protocol === "https:" ? 443 : 80) : port === rule.port)
  );
}

/** Whether a list lets an address in: `named` when an entry names its host itself, `suffix` when only its ending is listed. */
export function allowedBy(rules: readonly HostRule[], url: URL): "named" | "suffix" | undefined {
  const found = rules.filter((rule) => matches(rule, url));
  if (found.some((rule) => !rule.suffix)) return "named";
  return found.length > 0 ? "suffix" : undefined;
}
