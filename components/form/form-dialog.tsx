"use client";
import { type FormEventHandler, type ReactNode, useState } from "react";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { Button } from "@/components/ui/button";
import {
  Dialog,
  DialogBody,
  DialogContent,
  DialogDescription,
  DialogFooter,
  DialogHeader,
  DialogTitle,
} from "@/components/ui/dialog";

/**
 * A dialog that is a form: title, fields, cancel and submit. A press outside does not close it, and nothing does while it is being
 * saved, since a failure is told in it. `dirty`: it asks before it throws away what was typed.
 */
export function FormDialog(props: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description: string;
  submitLabel: string;
  pending: boolean;
  disabled?: boolean;
  dirty?: boolean;
  onSubmit: FormEventHandler<HTMLFormElement>;
  children: ReactNode;
}) {
  const [asking, setAsking] = useState(false);
  const leave = () => {
    if (props.pending) return;
    if (props.dirty) setAsking(true);
    else props.onOpenChange(false);
  };
  return (
    <>
      <Dialog open={props.open} onOpenChange={(open) => (open ? props.onOpenChange(true) : leave())}>
        <DialogContent closeDisabled={props.pending} onInteractOutside={(event) => event.preventDefault()}>
          <form
            noValidate
            aria-label={props.title}
            onSubmit={props.onSubmit}
            className="flex min-h-0 flex-col"
          >
            <DialogHeader>
              <DialogTitle>{props.title}</DialogTitle>
              <DialogDescription>{props.description}</DialogDescription>
            </DialogHeader>
            <DialogBody className="flex flex-col gap-4">{props.children}</DialogBody>
            <DialogFooter>
              <Button disabled={props.pending} onClick={leave}>
                Cancel
              </Button>
              <Button type="submit" variant="primary" pending={props.pending} disabled={props.disabled}>
                {props.submitLabel}
              </Button>
            </DialogFooter>
          </form>
        </DialogContent>
      </Dialog>
      {props.dirty === undefined ? null : (
        <ConfirmDialog
          open={asking}
          onOpenChange={setAsking}
          title="Discard what you typed?"
          consequence={`It is not saved; "${props.title}" closes.`}
          confirmLabel="Discard"
          cancelLabel="Keep editing"
          onConfirm={() => {
            // Both close in one go, so that the focus returns to what opened the form.
            setAsking(false);
            props.onOpenChange(false);
          }}
        />
      )}
    </>
  );
}
