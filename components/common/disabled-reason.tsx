"use client";
import { type ReactElement, cloneElement, useId } from "react";
import { Tooltip } from "@/components/ui/tooltip";

type Disableable = {
  "aria-disabled"?: boolean;
  "aria-describedby"?: string;
  onClick?: (event: React.MouseEvent) => void;
  type?: string;
};

/**
 * Wraps one control. With a `reason` the control stays focusable, refuses its action and says why on hover, focus and to a
 * screen reader; without one it is passed through untouched.
 */
export function DisabledReason({
  reason,
  children,
}: {
  reason?: string | null | false;
  children: ReactElement<Disableable>;
}) {
  const id = useId();
  if (!reason) return children;
  const blocked = cloneElement(children, {
    "aria-disabled": true,
    "aria-describedby": id,
    type: "button",
    onClick: (event) => event.preventDefault(),
  });
  return (
    <>
      <Tooltip content={reason}>{blocked}</Tooltip>
      <span id={id} className="sr-only">
        {reason}
      </span>
    </>
  );
}
