"use client";
import Link from "next/link";
import { useState } from "react";
import { DisabledReason } from "@/components/common/disabled-reason";
import { Section } from "@/components/common/section";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { useCan } from "@/components/kit/use-can";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { later } from "@/components/ui/later";
import {
  Table,
  TableBody,
  TableCaption,
  TableCell,
  TableHead,
  TableHeader,
  TableRow,
} from "@/components/ui/table";
import { GatesBadge } from "./gates-badge";
import { versionHref } from "@/server/registry/kinds";
import { isProtectedName } from "@/server/registry/rules";
import { ProtectedMark } from "./protected-mark";
import type { ModelDetail } from "./types";

const EndpointDialog = later(async () => (await import("./endpoint-dialog")).EndpointDialog);

function RegisterEndpoint({ modelName }: { modelName: string }) {
  const write = useCan("registry.endpoint.write");
  const [open, setOpen] = useState(false);
  return (
    <>
      <DisabledReason reason={write.reason}>
        <Button size="sm" onClick={() => setOpen(true)}>
          Register an external endpoint
        </Button>
      </DisabledReason>
      <EndpointDialog open={open} onOpenChange={setOpen} modelName={modelName} />
    </>
  );
}

/** All versions of a model, newest first. */
export function VersionsPanel({ model }: { model: ModelDetail }) {
  return (
    <Section
      id="versions"
      title="Versions"
      frame="flush"
      actions={<RegisterEndpoint modelName={model.name} />}
    >
      {model.versions.length === 0 ? (
        <p className="px-4 py-3 text-fg-muted">No version is registered yet.</p>
      ) : (
        <Table label="Versions">
          <TableCaption>Versions of {model.name}</TableCaption>
          <TableHeader>
            <TableRow>
              <TableHead>Version</TableHead>
              <TableHead>State</TableHead>
              <TableHead>Gates</TableHead>
              <TableHead>Aliases</TableHead>
              <TableHead>By</TableHead>
              <TableHead>Registered</TableHead>
            </TableRow>
          </TableHeader>
          <TableBody>
            {model.versions.map((version) => (
              <TableRow key={version.id}>
                <TableCell>
                  <Link
                    href={versionHref(model.name, version.number)}
                    className="inline-flex min-h-6 items-center font-medium hover:text-accent-text hover:underline"
                  >
                    Version {version.number}
                  </Link>
                </TableCell>
                <TableCell>
                  <StatusBadge status={version.state} />
                </TableCell>
                <TableCell>
                  <GatesBadge outcome={version.gatesOutcome} words={version.gatesInWords} />
                </TableCell>
                <TableCell>
                  <span className="flex gap-1">
                    {version.aliases.map((alias) => (
                      <Badge key={alias} tone="accent">
                        {alias}
                        {isProtectedName(model.protection, alias) ? <ProtectedMark alias={alias} /> : null}
                      </Badge>
                    ))}
                  </span>
                </TableCell>
                <TableCell>{version.createdBy}</TableCell>
                <TableCell>
                  <TimeAgo value={version.createdAt} />
                </TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      )}
    </Section>
  );
}
