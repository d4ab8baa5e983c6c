"use client";
import { Link2 } from "lucide-react";
import { toast } from "@/components/ui/toast";
import { Button } from "@/components/ui/button";
import { copyText } from "./copy-button";

/** Copies this page's address with all its state, or the canonical `path` given. */
export function ShareButton(props: { path?: string; label?: string; size?: "sm" }) {
  const { path, label = "Copy link", size } = props;
  const share = async () => {
    const url = path ? new URL(path, window.location.origin).href : window.location.href;
    const done = await copyText(url);
    if (done) toast.success("Link copied");
    else toast.error("The browser refused to copy. Copy the address from the address bar.");
  };
  return (
    <Button size={size} onClick={() => void share()}>
      <Link2 aria-hidden /> {label}
    </Button>
  );
}
