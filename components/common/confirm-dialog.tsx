"use client";
import { type MouseEvent, type ReactElement, type ReactNode, cloneElement, useState } from "react";
import { later } from "@/components/ui/later";

type TriggerProps = {
  "aria-haspopup"?: "dialog";
  "aria-expanded"?: boolean;
  onClick?: (event: MouseEvent<HTMLButtonElement>) => void;
};

export type ConfirmDialogProps = {
  /** The control that asks; omit when `open` is controlled. */
  trigger?: ReactElement<TriggerProps>;
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

const ConfirmPanel = later(async () => (await import("./confirm-panel")).ConfirmPanel);

/** Asks before something costly: names the object and the consequence, shows progress and a failure in place. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const [own, setOwn] = useState(false);
  const open = props.open ?? own;
  const setOpen = (next: boolean) => {
    setOwn(next);
    props.onOpenChange?.(next);
  };
  return (
    <>
      {props.trigger
        ? cloneElement(props.trigger, {
            "aria-haspopup": "dialog",
            "aria-expanded": open,
            onClick: () => setOpen(true),
          })
        : null}
      <ConfirmPanel {...props} open={open} onOpenChange={setOpen} />
    </>
  );
}
