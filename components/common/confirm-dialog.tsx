"use client";
import { type ReactNode, useId, useState } from "react";
import {
  AlertDialog,
  AlertDialogCancel,
  AlertDialogContent,
  AlertDialogDescription,
  AlertDialogFooter,
  AlertDialogTitle,
  AlertDialogTrigger,
} from "@/components/ui/alert-dialog";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { Textarea } from "@/components/ui/textarea";
import { ErrorNotice } from "./error-notice";

export type ConfirmDialogProps = {
  /** The control that asks; omit when `open` is controlled. */
  trigger?: ReactNode;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  /** The action and its object: "Roll back fraud-scorer to version 3?" */
  title: string;
  /** What follows from it, and what cannot be undone. */
  consequence: ReactNode;
  confirmLabel: string;
  cancelLabel?: string;
  tone?: "danger" | "primary";
  /** For what cannot be undone: the words to type before the button works. */
  typed?: string;
  /** Ask for a reason; the text is handed to `onConfirm`. */
  reason?: { label: string; required: boolean };
  /** Runs the action. A rejection is shown inside the dialog and the text is kept. */
  onConfirm: (reason: string) => unknown;
};

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
    <AlertDialogContent>
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

/** Asks before something costly: names the object and the consequence, shows progress and a failure in place. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const [own, setOwn] = useState(false);
  const open = props.open ?? own;
  const setOpen = (next: boolean) => {
    setOwn(next);
    props.onOpenChange?.(next);
  };
  return (
    <AlertDialog open={open} onOpenChange={setOpen}>
      {props.trigger ? <AlertDialogTrigger asChild>{props.trigger}</AlertDialogTrigger> : null}
      {open ? <Body {...props} close={() => setOpen(false)} /> : null}
    </AlertDialog>
  );
}
