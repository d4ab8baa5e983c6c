"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useForm, useWatch } from "react-hook-form";
import type { z } from "zod";
import { SelectField, TextareaField } from "@/components/form/fields";
import { FormErrorSummary } from "@/components/form/form";
import { FormDialog } from "@/components/form/form-dialog";
import { lazyResolver } from "@/components/form/lazy-resolver";
import { applyServerError } from "@/components/form/server-errors";
import { useTRPC } from "@/components/kit/trpc";
import { Callout } from "@/components/ui/callout";
import type { RequestVersionReviewInput } from "@/server/registry/schemas";
import type { VersionDetail } from "./types";
import { reviewHref } from "@/server/governance/kinds";

type Values = Pick<z.output<typeof RequestVersionReviewInput>, "environment" | "rationale">;

const TRIAL = { value: "trial", label: "A trial of its own code" };
const OPTIONS = [
  { value: "production", label: "Production" },
  { value: "staging", label: "Staging" },
];

/** Asks people to approve the version for an environment; what is missing is said before it can be sent. */
export function RequestReviewDialog({
  version,
  open,
  onOpenChange,
}: {
  version: VersionDetail;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const trpc = useTRPC();
  const router = useRouter();
  const queryClient = useQueryClient();
  const waits = version.servedBy.trial?.state === "awaits_review";
  const { control, handleSubmit, setError } = useForm<Values>({
    resolver: lazyResolver(async () =>
      (await import("@/server/registry/schemas")).RequestVersionReviewInput.pick({
        environment: true,
        rationale: true,
      }),
    ),
    defaultValues: { environment: waits ? "trial" : "production", rationale: "" },
  });
  const chosen = useWatch({ control, name: "environment" });
  const environment = chosen;
  const missing = version.missingRequirements[environment];
  const request = useMutation(trpc.registry.requestReview.mutationOptions({ meta: { handlesError: true } }));
  const submit = handleSubmit((values) =>
    request
      .mutateAsync({ name: version.modelName, version: version.number, ...values })
      .then(async ({ reviewId }) => {
        await queryClient.invalidateQueries({ queryKey: trpc.registry.pathKey() });
        onOpenChange(false);
        router.push(reviewHref(reviewId));
      })
      .catch((error: unknown) => applyServerError(error, setError, ["environment", "rationale"])),
  );
  return (
    <FormDialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Request a review of version ${version.number}`}
      description={
        environment === "trial"
          ? "Someone who did not make or edit this version reads its code and decides whether the gates may run it, apart from everything else. The approval holds for exactly these files, and admits it nowhere."
          : "Someone who did not make or edit this version decides. The approval holds for exactly these files, this contract, this card and these checks."
      }
      submitLabel="Request review"
      pending={request.isPending}
      disabled={missing.length > 0}
      onSubmit={(event) => void submit(event)}
    >
      <FormErrorSummary control={control} labels={{ environment: "For", rationale: "Rationale" }} />
      <SelectField
        control={control}
        name="environment"
        label="For"
        options={waits ? [TRIAL, ...OPTIONS] : OPTIONS}
      />
      {missing.length > 0 ? (
        <Callout tone="warning" title="Not ready for a review yet">
          <ul className="list-disc pl-4">
            {missing.map((each) => (
              <li key={each.what}>
                {each.what} <span className="text-fg">{each.clearedBy}.</span>
              </li>
            ))}
          </ul>
        </Callout>
      ) : null}
      <TextareaField
        control={control}
        name="rationale"
        label="Rationale"
        rows={4}
        hint="What is better than before, and what a reviewer should look at."
      />
    </FormDialog>
  );
}
