"use client";
import { Check, Copy, X } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";

/** Copies text; works on plain HTTP too. Resolves to false when the browser refused. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export type CopyButtonProps = { value: string; label: string; showLabel?: boolean; className?: string };

/** Copies `value` and says whether it worked. */
export function CopyButton({ value, label, showLabel, className }: CopyButtonProps) {
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  // Effect: a timer outside React returns the icon to rest.
  useEffect(() => {
    if (state === "idle") return undefined;
    const timer = setTimeout(() => setState("idle"), 2400);
    return () => clearTimeout(timer);
  }, [state]);
  const Icon = state === "copied" ? Check : state === "failed" ? X : Copy;
  const said = state === "copied" ? "Copied" : state === "failed" ? "Could not copy" : label;
  return (
    <Button
      variant={showLabel ? "secondary" : "ghost"}
      size={showLabel ? "sm" : "icon-sm"}
      aria-label={showLabel ? undefined : said}
      title={showLabel ? undefined : said}
      className={cn(showLabel ? undefined : "size-6 [&_svg]:size-3.5", className)}
      onClick={() => void copyText(value).then((done) => setState(done ? "copied" : "failed"))}
    >
      <Icon aria-hidden className={state === "copied" ? "text-positive" : undefined} />
      {showLabel ? said : null}
    </Button>
  );
}
