import { env } from "@/server/core/env";
import { NoInput, query } from "@/server/core/verb";

/** Where endpoints may be, for the form: an operator's setting. */
export const endpointHosts = query(
  {
    name: "registry.endpoint.hosts",
    permission: "registry.model.read",
    input: NoInput,
    summary: "Hosts where external endpoints may be",
  },
  async () => ({
    hosts: env().endpointHosts.map(
      ({ host, suffix, port }) =>
        `${suffix ? "*" : ""}${host.includes(":") ? `[${host}]` : host}${port === undefined ? "" : `:${port}`}`,
    ),
  }),
);
