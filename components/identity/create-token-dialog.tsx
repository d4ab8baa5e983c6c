"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useController, useForm, type Control } from "react-hook-form";
import type { z } from "zod";
import { NumberField, TextField } from "@/components/form/fields";
import { FormErrorSummary } from "@/components/form/form";
import { FormDialog } from "@/components/form/form-dialog";
import { lazyResolver } from "@/components/form/lazy-resolver";
import { applyServerError } from "@/components/form/server-errors";
import { useTRPC } from "@/components/kit/trpc";
import { Checkbox } from "@/components/ui/checkbox";
import { Label } from "@/components/ui/label";
import { MAX_TOKEN_DAYS } from "@/server/identity/rules";
import type { CreateTokenInput } from "@/server/identity/schemas";

type Values = z.input<typeof CreateTokenInput>;
type Out = z.output<typeof CreateTokenInput>;

const SCOPES = [
  { value: "read", text: "Read everything you can read" },
  { value: "track", text: "Log runs, metrics, artifacts and models (MLflow clients)" },
  { value: "write", text: "Create and change: jobs, datasets, deployments; includes track and infer" },
  { value: "infer", text: "Send inference requests and feedback" },
  {
    value: "review",
    text: "Decide reviews and quota requests in your name; for reviewers and admins, part of no other scope",
  },
  { value: "admin", text: "Administer; for team admins and platform administrators" },
] as const;

function ScopeChoices({ control }: { control: Control<Values, unknown, Out> }) {
  const { field, fieldState } = useController({ control, name: "scopes" });
  const message = fieldState.error?.message;
  return (
    <fieldset className="flex flex-col gap-2" aria-describedby={message ? "scopes-error" : undefined}>
      <legend className="mb-1 text-sm font-medium">Scopes</legend>
      {SCOPES.map(({ value, text }) => (
        <div key={value} className="flex items-start gap-2">
          <Checkbox
            id={`scope-${value}`}
            checked={field.value.includes(value)}
            onCheckedChange={(on) =>
              field.onChange(
                on === true ? [...field.value, value] : field.value.filter((other) => other !== value),
              )
            }
          />
          <Label htmlFor={`scope-${value}`} className="font-normal">
            <span className="font-mono">{value}</span> <span className="text-fg-muted">{text}</span>
          </Label>
        </div>
      ))}
      {message ? (
        <p id="scopes-error" className="text-sm text-negative">
          {message}
        </p>
      ) : null}
    </fieldset>
  );
}

export function CreateTokenDialog(props: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onMade: (made: { name: string; token: string }) => void;
}) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const create = useMutation(trpc.identity.createToken.mutationOptions({ meta: { handlesError: true } }));
  const form = useForm<Values, unknown, Out>({
    resolver: lazyResolver(async () => (await import("@/server/identity/schemas")).CreateTokenInput),
    defaultValues: { name: "", scopes: ["read", "track"], expiresInDays: 90 },
  });
  const submit = form.handleSubmit(async (values) => {
    try {
      props.onMade(await create.mutateAsync(values));
      await queryClient.invalidateQueries({ queryKey: trpc.identity.tokens.queryKey() });
      form.reset();
      props.onOpenChange(false);
    } catch (error) {
      applyServerError(error, form.setError, ["name", "scopes", "expiresInDays"]);
    }
  });
  return (
    <FormDialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title="New API token"
      description="Its secret is shown once, right after you make it."
      submitLabel="Make token"
      pending={form.formState.isSubmitting}
      onSubmit={(event) => void submit(event)}
    >
      <FormErrorSummary
        control={form.control}
        labels={{ name: "Name", scopes: "Scopes", expiresInDays: "Expires in" }}
      />
      <TextField
        control={form.control}
        name="name"
        label="Name"
        placeholder="nightly training"
        autoComplete="off"
      />
      <ScopeChoices control={form.control} />
      <NumberField
        control={form.control}
        name="expiresInDays"
        label="Expires in"
        unit="days"
        min={1}
        max={MAX_TOKEN_DAYS}
      />
    </FormDialog>
  );
}
