"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ChangeEvent, useId, useState } from "react";
import { toast } from "@/components/ui/toast";
import { ErrorNotice } from "@/components/common/error-notice";
import { readError } from "@/components/kit/error-shape";
import { useTRPC } from "@/components/kit/trpc";
import { checkInput } from "@/components/form/check-input";
import { FormDialog } from "@/components/form/form-dialog";
import { Callout } from "@/components/ui/callout";
import { Label } from "@/components/ui/label";
import { Textarea } from "@/components/ui/textarea";
import { proposeContract } from "@/server/registry/contract/rules";
import { Contract } from "@/server/registry/contract/schemas";
import type { VersionDetail } from "./types";

function check(text: string): { contract: Contract } | { problems: [string, string][] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problems: [["JSON", error instanceof Error ? error.message : "cannot be read"]] };
  }
  const parsed = checkInput(Contract, value);
  if (parsed.success) return { contract: parsed.data };
  return {
    problems: parsed.error.issues.map((issue) => [
      issue.path.map(String).join(".") || "contract",
      issue.message,
    ]),
  };
}

/** Edits or uploads the contract as JSON; says field by field what is wrong. Saving runs the gates again and voids reviews. */
export function ContractEditor(props: { version: VersionDetail; onClose: () => void }) {
  const { onClose } = props;
  // As it was when editing began: what someone else saves meanwhile must not pass for what was read.
  const [version] = useState(props.version);
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const id = useId();
  const [initial] = useState(() =>
    JSON.stringify(version.contract.contract ?? proposeContract(version.contract.signature), null, 2),
  );
  const [text, setText] = useState(initial);
  const [problems, setProblems] = useState<[string, string][]>([]);
  const save = useMutation(
    trpc.registry.saveContract.mutationOptions({
      meta: { handlesError: true },
      onSuccess: async () => {
        await queryClient.invalidateQueries({ queryKey: trpc.registry.pathKey() });
        toast.success("Contract saved", {
          description: "The gates run again; reviews of the old contract are void.",
        });
        onClose();
      },
      onError: (error) => {
        const fields = Object.entries(readError(error).fields).map(([field, messages]): [string, string] => [
          field,
          messages.join(" "),
        ]);
        setProblems(fields);
      },
    }),
  );
  const upload = async (event: ChangeEvent<HTMLInputElement>) => {
    const [file] = event.target.files ?? [];
    if (file) setText(await file.text());
  };
  const submit = () => {
    const checked = check(text);
    if ("problems" in checked) return setProblems(checked.problems);
    setProblems([]);
    save.mutate({
      name: version.modelName,
      version: version.number,
      contract: checked.contract,
      expectedDigest: version.contract.digest,
    });
  };
  return (
    <FormDialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={version.contract.contract ? "Edit contract" : "Declare contract"}
      description="Saving runs the gates again. Open reviews become void, because they were about the old contract."
      submitLabel="Save contract"
      pending={save.isPending}
      dirty={text !== initial}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {problems.length > 0 ? (
        <Callout
          tone="negative"
          role="alert"
          title={`${problems.length === 1 ? "One field is" : `${problems.length} fields are`} wrong`}
        >
          <ul className="list-disc pl-4">
            {problems.map(([field, message]) => (
              <li key={`${field} ${message}`}>
                <span className="font-mono">{field}</span>: {message}
              </li>
            ))}
          </ul>
        </Callout>
      ) : null}
      {save.error && problems.length === 0 ? <ErrorNotice error={save.error} /> : null}
      <div className="flex flex-col gap-1">
        <Label htmlFor={`${id}-file`}>Upload contract.json</Label>
        <input
          id={`${id}-file`}
          type="file"
          accept=".json,application/json"
          onChange={(event) => void upload(event)}
          className="text-sm file:mr-2 file:h-7 file:rounded-md file:border file:bg-surface-raised file:px-2"
        />
      </div>
      <div className="flex flex-col gap-1">
        <Label htmlFor={`${id}-text`}>Contract (JSON)</Label>
        <Textarea
          id={`${id}-text`}
          rows={18}
          spellCheck={false}
          className="font-mono text-sm"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
    </FormDialog>
  );
}
