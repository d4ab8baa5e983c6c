"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useForm, useWatch } from "react-hook-form";
import type { z } from "zod";
import { SelectField, TextField } from "@/components/form/fields";
import { FormErrorSummary } from "@/components/form/form";
import { FormDialog } from "@/components/form/form-dialog";
import { lazyResolver } from "@/components/form/lazy-resolver";
import { applyServerError } from "@/components/form/server-errors";
import { useTRPC } from "@/components/kit/trpc";
import { toast } from "@/components/ui/toast";
import type { SetCredentialInput } from "@/server/registry/credentials/schemas";
import type { CredentialRow } from "./types";

type Values = z.input<typeof SetCredentialInput>;
type Out = z.output<typeof SetCredentialInput>;

const FIELDS = ["name", "kind", "hosts", "header", "user", "value"] as const;
const LABELS = {
  name: "Name",
  kind: "Kind",
  hosts: "Hosts",
  header: "Header",
  user: "User",
  value: "Secret",
};
const SECRET = { bearer: "Token", basic: "Password", header: "Value" };

/** Stores a credential or replaces one; the secret is typed anew each time. */
export function CredentialDialog(props: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  replaces: CredentialRow | null;
}) {
  const { replaces } = props;
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const set = useMutation(trpc.registry.setCredential.mutationOptions({ meta: { handlesError: true } }));
  const form = useForm<Values, unknown, Out>({
    resolver: lazyResolver(
      async () => (await import("@/server/registry/credentials/schemas")).SetCredentialInput,
    ),
    defaultValues: {
      name: replaces?.name ?? "",
      kind: replaces?.kind === "basic" || replaces?.kind === "header" ? replaces.kind : "bearer",
      hosts: replaces?.hosts.join(", ") ?? "",
      header: "",
      user: "",
      value: "",
    },
  });
  const { control } = form;
  const kind = useWatch({ control, name: "kind" });
  const submit = form.handleSubmit(async (values) => {
    try {
      await set.mutateAsync({ ...values, isNew: replaces === null });
      await queryClient.invalidateQueries({ queryKey: trpc.registry.credentials.queryKey() });
      form.reset();
      props.onOpenChange(false);
      toast.success(replaces ? "Credential replaced" : "Credential stored");
    } catch (error) {
      applyServerError(error, form.setError, FIELDS);
    }
  });
  return (
    <FormDialog
      open={props.open}
      onOpenChange={(open) => {
        // A secret that was typed and not stored must not wait here for whoever opens it next.
        if (!open) form.reset();
        props.onOpenChange(open);
      }}
      title={replaces ? `Replace ${replaces.name}` : "New credential"}
      description="The secret is stored encrypted and cannot be read again, by nobody. What runs takes it up within seconds."
      submitLabel={replaces ? "Replace" : "Store credential"}
      pending={form.formState.isSubmitting}
      onSubmit={(event) => void submit(event)}
    >
      <FormErrorSummary control={control} labels={LABELS} />
      <TextField
        control={control}
        name="name"
        label="Name"
        mono
        autoComplete="off"
        spellCheck={false}
        readOnly={replaces !== null}
        placeholder="fraud-provider"
      />
      <TextField
        control={control}
        name="hosts"
        label="Hosts"
        mono
        autoComplete="off"
        spellCheck={false}
        placeholder="models.example.org, *.svc.example.org:8443"
        hint="It is sent to these and no others. Without a port, the usual one of https."
      />
      <SelectField
        control={control}
        name="kind"
        label="Kind"
        options={[
          { value: "bearer", label: "Bearer token" },
          { value: "basic", label: "User and password" },
          { value: "header", label: "Another header" },
        ]}
      />
      {kind === "basic" ? (
        <TextField control={control} name="user" label="User" autoComplete="off" spellCheck={false} />
      ) : null}
      {kind === "header" ? (
        <TextField
          control={control}
          name="header"
          label="Header"
          mono
          autoComplete="off"
          spellCheck={false}
          placeholder="x-api-key"
        />
      ) : null}
      <TextField
        control={control}
        name="value"
        label={SECRET[kind]}
        type="password"
        autoComplete="new-password"
        spellCheck={false}
      />
    </FormDialog>
  );
}
