"use client";
import { Check, Circle } from "lucide-react";
import { DropdownMenu as Primitive } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "./cn";

/** A menu. Not modal: the rest of the page stays in the accessibility tree, and the menu closes when the focus leaves. */
export function DropdownMenu(props: ComponentProps<typeof Primitive.Root>) {
  return <Primitive.Root modal={false} {...props} />;
}
export const DropdownMenuTrigger = Primitive.Trigger;
export const DropdownMenuGroup = Primitive.Group;
export const DropdownMenuRadioGroup = Primitive.RadioGroup;

export const menuItemClasses =
  "relative flex min-h-8 cursor-default items-center gap-2 rounded-md px-2 py-1 text-base outline-none select-none data-[disabled]:text-fg-subtle data-[highlighted]:bg-surface-hover [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-fg-subtle";

/** The menu's panel. */
export function DropdownMenuContent({
  className,
  sideOffset,
  ...rest
}: ComponentProps<typeof Primitive.Content>) {
  return (
    <Primitive.Portal>
      <Primitive.Content
        sideOffset={sideOffset ?? 4}
        className={cn(
          "z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-44 overflow-y-auto rounded-lg border bg-surface-raised p-1 shadow-popover",
          className,
        )}
        {...rest}
      />
    </Primitive.Portal>
  );
}

/** One action. */
export function DropdownMenuItem(
  props: ComponentProps<typeof Primitive.Item> & { tone?: "default" | "danger" },
) {
  const { className, tone, ...rest } = props;
  return (
    <Primitive.Item
      className={cn(menuItemClasses, tone === "danger" && "text-negative [&_svg]:text-negative", className)}
      {...rest}
    />
  );
}

/** An option that is on or off. */
export function DropdownMenuCheckboxItem({
  className,
  children,
  ...rest
}: ComponentProps<typeof Primitive.CheckboxItem>) {
  return (
    <Primitive.CheckboxItem className={cn(menuItemClasses, "pl-8", className)} {...rest}>
      <Primitive.ItemIndicator className="absolute left-2">
        <Check aria-hidden />
      </Primitive.ItemIndicator>
      {children}
    </Primitive.CheckboxItem>
  );
}

/** An option of which one holds. */
export function DropdownMenuRadioItem({
  className,
  children,
  ...rest
}: ComponentProps<typeof Primitive.RadioItem>) {
  return (
    <Primitive.RadioItem className={cn(menuItemClasses, "pl-8", className)} {...rest}>
      <Primitive.ItemIndicator className="absolute left-2.5">
        <Circle aria-hidden className="size-2! fill-current" />
      </Primitive.ItemIndicator>
      {children}
    </Primitive.RadioItem>
  );
}

/** A heading inside a menu. */
export function DropdownMenuLabel({ className, ...rest }: ComponentProps<typeof Primitive.Label>) {
  return (
    <Primitive.Label className={cn("px-2 py-1 text-xs font-medium text-fg-subtle", className)} {...rest} />
  );
}

/** A hairline between groups. */
export function DropdownMenuSeparator({ className, ...rest }: ComponentProps<typeof Primitive.Separator>) {
  return <Primitive.Separator className={cn("-mx-1 my-1 h-px bg-border", className)} {...rest} />;
}
