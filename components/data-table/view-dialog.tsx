"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { ErrorNotice } from "@/components/common/error-notice";
import { FormDialog } from "@/components/form/form-dialog";
import { useCan } from "@/components/kit/use-can";
import { useTRPC } from "@/components/kit/trpc";
import { Checkbox } from "@/components/ui/checkbox";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import type { ViewList } from "@/server/catalog/views/schemas";
import type { SavedView } from "./saved-views";

export type ViewDialogMode = { kind: "create" } | { kind: "rename"; view: SavedView };

function Choice(props: {
  label: string;
  checked: boolean;
  reason?: string;
  onChange: (on: boolean) => void;
}) {
  const id = useId();
  return (
    <div className="flex items-start gap-2">
      <Checkbox
        id={id}
        checked={props.checked}
        disabled={props.reason !== undefined}
        aria-describedby={props.reason ? `${id}-why` : undefined}
        onCheckedChange={(on) => props.onChange(on === true)}
      />
      <div>
        <Label htmlFor={id}>{props.label}</Label>
        {props.reason ? (
          <p id={`${id}-why`} className="text-sm text-fg-muted">
            {props.reason}
          </p>
        ) : null}
      </div>
    </div>
  );
}

/** Names a view: a new one of what the list shows, or one that is there. What was typed stays when saving fails. */
export function ViewDialog(props: {
  list: ViewList;
  query: string;
  mode: ViewDialogMode;
  onClose: () => void;
  onCreated: (view: SavedView) => void;
}) {
  const { list, query, mode, onClose, onCreated } = props;
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const share = useCan("catalog.view.share");
  const isNew = mode.kind === "create";
  const [name, setName] = useState(mode.kind === "rename" ? mode.view.name : "");
  const [isTeams, setTeams] = useState(false);
  const [isDefault, setDefault] = useState(false);
  const id = useId();
  const options = {
    meta: { handlesError: true },
    onSuccess: async (view: SavedView) => {
      await queryClient.invalidateQueries({ queryKey: trpc.catalog.views.list.queryKey({ list }) });
      onClose();
      // A renamed view stays as it is shown, with filters that were not saved to it.
      if (isNew) onCreated(view);
    },
  };
  const create = useMutation(trpc.catalog.views.create.mutationOptions(options));
  const update = useMutation(trpc.catalog.views.update.mutationOptions(options));
  const { error, isPending } = isNew ? create : update;
  const save = () => {
    if (mode.kind === "rename") update.mutate({ viewId: mode.view.id, name });
    else create.mutate({ list, name, query, scope: isTeams ? "team" : "personal", isDefault });
  };
  return (
    <FormDialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={isNew ? "Save as a view" : "Rename the view"}
      description="A view keeps the search, filters, order and columns of this list."
      submitLabel={isNew ? "Save view" : "Rename"}
      pending={isPending}
      disabled={name.trim() === ""}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <div className="flex flex-col gap-1.5">
        <Label htmlFor={id}>Name</Label>
        <Input
          id={id}
          required
          maxLength={60}
          value={name}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
        />
      </div>
      {isNew ? (
        <>
          <Choice
            label="Share it with the team"
            checked={isTeams}
            reason={share.reason}
            onChange={setTeams}
          />
          <Choice
            label={isTeams ? "Open the list with it for the team" : "Open the list with it"}
            checked={isDefault}
            onChange={setDefault}
          />
        </>
      ) : null}
      {error ? <ErrorNotice error={error} /> : null}
    </FormDialog>
  );
}
