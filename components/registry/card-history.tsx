"use client";
import { useQuery } from "@tanstack/react-query";
import { ErrorNotice } from "@/components/common/error-notice";
import { Timeline } from "@/components/common/timeline";
import { RowsSkeleton } from "@/components/common/skeletons";
import { useTRPC } from "@/components/kit/trpc";
import {
  Dialog,
  DialogBody,
  DialogContent,
  DialogDescription,
  DialogHeader,
  DialogTitle,
} from "@/components/ui/dialog";
import type { VersionDetail } from "./types";

/** All revisions of a card with what each changed. */
export function CardHistory({ version, onClose }: { version: VersionDetail; onClose: () => void }) {
  const trpc = useTRPC();
  const revisions = useQuery(
    trpc.registry.cardRevisions.queryOptions({ name: version.modelName, version: version.number }),
  );
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent className="max-w-2xl">
        <DialogHeader>
          <DialogTitle>Revisions of the card</DialogTitle>
          <DialogDescription>Newest first. A revision never changes.</DialogDescription>
        </DialogHeader>
        <DialogBody className="pb-4">
          {revisions.error ? (
            <ErrorNotice error={revisions.error} onRetry={() => void revisions.refetch()} />
          ) : null}
          {revisions.data ? (
            <Timeline
              label="Revisions"
              entries={revisions.data.items.map((revision) => ({
                id: String(revision.revision),
                at: revision.createdAt,
                actor: revision.updatedBy,
                text: `saved revision ${revision.revision}`,
                changes: revision.changes.map((change) => ({
                  key: change.field,
                  before: change.before,
                  after: change.after,
                })),
              }))}
            />
          ) : revisions.error ? null : (
            <RowsSkeleton />
          )}
        </DialogBody>
      </DialogContent>
    </Dialog>
  );
}
