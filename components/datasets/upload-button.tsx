"use client";
import { Upload } from "lucide-react";
import { useState } from "react";
import { DisabledReason } from "@/components/common/disabled-reason";
import { Button } from "@/components/ui/button";
import { later } from "@/components/ui/later";

const UploadDialog = later(async () => (await import("./upload-dialog")).UploadDialog);

/** The way to a dataset's next version. */
export function UploadButton(props: {
  slug: string;
  name: string;
  blocked: string | undefined;
  onSent: () => void;
}) {
  const { blocked, ...dialog } = props;
  const [open, setOpen] = useState(false);
  return (
    <>
      <DisabledReason reason={blocked}>
        <Button variant="primary" onClick={() => setOpen(true)}>
          <Upload aria-hidden /> Upload new version
        </Button>
      </DisabledReason>
      <UploadDialog {...dialog} open={open} onOpenChange={setOpen} />
    </>
  );
}
