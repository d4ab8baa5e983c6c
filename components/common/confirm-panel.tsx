"use client";
import { useId, useState } from "react";
import {
  AlertDialog,
  AlertDialogCancel,
  AlertDialogContent,
  AlertDialogDescription,
  AlertDialogFooter,
  AlertDialogTitle,
} from "@/components/ui/alert-dialog";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { Textarea } from "@/components/ui/textarea";
import type { ConfirmDialogProps } from "./confirm-dialog";
import { ErrorNotice } from "./error-notice";

function Body(props: ConfirmDialogProps & { close: () => void }) {
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();
  const id = useId();
  const unmet = props.typed !== undefined && typed.trim() !== props.typed;
  const unexplained = props.reason?.required === true && reason.trim() === "";
  const confirm = async () => {
    setPending(true);
    setError(undefined);
    try {
      await props.onConfirm(reason.trim());
      props.close();
    } catch (caught) {
      setError(caught);
    } finally {
      setPending(false);
    }
  };
  return (
    // While it runs nothing closes it: this is where a failure is told.
    <AlertDialogContent onEscapeKeyDown={(event) => (pending ? event.preventDefault() : undefined)}>
      <AlertDialogTitle>{props.title}</AlertDialogTitle>
      <AlertDialogDescription asChild>
        <div>{props.consequence}</div>
      </AlertDialogDescription>
      {props.reason ? (
        <div className="flex flex-col gap-1">
          <Label htmlFor={`${id}-reason`}>
            {props.reason.label}
            {props.reason.required ? "" : " (optional)"}
          </Label>
          <Textarea
            id={`${id}-reason`}
            rows={3}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </div>
      ) : null}
      {props.typed ? (
        <div className="flex flex-col gap-1">
          <Label htmlFor={`${id}-typed`}>
            Type <span className="font-mono">{props.typed}</span> to confirm
          </Label>
          <Input
            id={`${id}-typed`}
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
      ) : null}
      {error === undefined ? null : <ErrorNotice error={error} />}
      <AlertDialogFooter>
        <AlertDialogCancel asChild>
          <Button disabled={pending}>{props.cancelLabel ?? "Cancel"}</Button>
        </AlertDialogCancel>
        <Button
          variant={props.tone === "primary" ? "primary" : "danger"}
          pending={pending}
          disabled={unmet || unexplained}
          onClick={() => void confirm()}
        >
          {props.confirmLabel}
        </Button>
      </AlertDialogFooter>
    </AlertDialogContent>
  );
}

/** What a `ConfirmDialog` shows once it is asked. */
export function ConfirmPanel(
  props: ConfirmDialogProps & { open: boolean; onOpenChange: (open: boolean) => void },
) {
  return (
    <AlertDialog open={props.open} onOpenChange={props.onOpenChange}>
      {props.open ? <Body {...props} close={() => props.onOpenChange(false)} /> : null}
    </AlertDialog>
  );
}
