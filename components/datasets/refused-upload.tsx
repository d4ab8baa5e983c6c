"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { DisabledReason } from "@/components/common/disabled-reason";
import { useTRPC } from "@/components/kit/trpc";
import { useCan } from "@/components/kit/use-can";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import type { Upload } from "./types";

type Offer = NonNullable<NonNullable<Upload["error"]>["offer"]>;

/** The choice to read the file from a later line; nobody but a person can say whether what is above it belongs to the table. */
function ReadFromLine({ uploadId, offer }: { uploadId: string; offer: Offer }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const { reason } = useCan("datasets.dataset.write");
  const read = useMutation(
    trpc.datasets.readFromLine.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries({ queryKey: trpc.datasets.pathKey() }),
    }),
  );
  const { headerLine, names } = offer;
  return (
    <div className="mt-2 flex flex-wrap items-center gap-3">
      <DisabledReason reason={reason}>
        <Button size="sm" pending={read.isPending} onClick={() => read.mutate({ id: uploadId, headerLine })}>
          Read the table from line {headerLine}
        </Button>
      </DisabledReason>
      <span className="min-w-0 break-words">
        Its columns would be {names.map((name) => `“${name}”`).join(", ")}
        {names.length === 5 ? " and more" : ""}; what is above is left out.
      </span>
    </div>
  );
}

/** Why a file became no version, and what can be done about it here. */
export function RefusedUpload({ upload }: { upload: Upload }) {
  return (
    <Callout tone="negative" title={`${upload.fileName} was not registered`}>
      <p className="font-mono text-sm break-words">{upload.error?.message ?? upload.message}</p>
      {upload.error ? <p>{upload.error.hint}</p> : null}
      {upload.error?.offer ? <ReadFromLine uploadId={upload.id} offer={upload.error.offer} /> : null}
    </Callout>
  );
}
