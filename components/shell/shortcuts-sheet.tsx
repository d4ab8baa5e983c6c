"use client";
import { useId } from "react";
import {
  Dialog,
  DialogBody,
  DialogContent,
  DialogDescription,
  DialogHeader,
  DialogTitle,
} from "@/components/ui/dialog";
import { Kbd } from "@/components/ui/kbd";
import { Label } from "@/components/ui/label";
import { Switch } from "@/components/ui/switch";
import {
  setSingleKeysEnabled,
  useRegisteredShortcuts,
  useSingleKeysEnabled,
} from "@/components/common/shortcuts";

/** A key's name as it is printed: mod → ⌘ or Ctrl. */
export function keyLabel(key: string): string {
  const apple = typeof navigator !== "undefined" && /mac|iphone|ipad/iu.test(navigator.userAgent);
  return key
    .split("+")
    .map((part) => (part === "mod" ? (apple ? "⌘" : "Ctrl") : part.length === 1 ? part.toUpperCase() : part))
    .join(apple ? "" : "+");
}

/** Every shortcut that works on this page, by group, and the switch for single keys. */
export function ShortcutsSheet({
  open,
  onOpenChange,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const shortcuts = useRegisteredShortcuts();
  const enabled = useSingleKeysEnabled();
  const id = useId();
  const groups = [...new Set(shortcuts.map((item) => item.group ?? "This page"))];
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent className="max-w-2xl">
        <DialogHeader>
          <DialogTitle>Keyboard shortcuts</DialogTitle>
          <DialogDescription>What works on this page.</DialogDescription>
        </DialogHeader>
        <DialogBody className="pb-4">
          <div className="mb-3 flex items-center justify-between rounded-md border px-3 py-2">
            <Label htmlFor={id}>Shortcuts of a single key</Label>
            <Switch id={id} checked={enabled} onCheckedChange={setSingleKeysEnabled} />
          </div>
          <div className="gap-6 sm:columns-2">
            {groups.map((group) => (
              <section key={group} aria-label={group} className="mb-4 break-inside-avoid">
                <h3 className="mb-1 text-sm font-medium text-fg-subtle">{group}</h3>
                <dl>
                  {shortcuts
                    .filter((item) => (item.group ?? "This page") === group)
                    .map((item) => (
                      <div
                        key={`${item.keys}:${item.label}`}
                        className="flex min-h-7 items-center justify-between gap-3"
                      >
                        <dt>{item.label}</dt>
                        <dd className="flex gap-1">
                          {item.keys.split(" ").map((key) => (
                            <Kbd key={key}>{keyLabel(key)}</Kbd>
                          ))}
                        </dd>
                      </div>
                    ))}
                </dl>
              </section>
            ))}
          </div>
        </DialogBody>
      </DialogContent>
    </Dialog>
  );
}
