"use client";
import { useState } from "react";
import { FileDrop } from "@/components/form/file-drop";
import { FieldFrame } from "@/components/form/field";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import {
  Dialog,
  DialogBody,
  DialogContent,
  DialogDescription,
  DialogFooter,
  DialogHeader,
  DialogTitle,
} from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { useUpload } from "./use-upload";

export type UploadDialogProps = {
  slug: string;
  name: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onSent: () => void;
};

/** Sends a file as the dataset's next version. */
export function UploadDialog({ slug, name, open, onOpenChange, onSent }: UploadDialogProps) {
  const [file, setFile] = useState<File | null>(null);
  const [note, setNote] = useState("");
  const upload = useUpload();
  const sending = upload.progress !== null;
  const send = async () => {
    if (!file) return;
    const sent = await upload.send({ slug, file, note });
    if (!sent) return;
    onOpenChange(false);
    setFile(null);
    setNote("");
    onSent();
  };
  return (
    <Dialog open={open} onOpenChange={(next) => (sending ? undefined : onOpenChange(next))}>
      <DialogContent closeDisabled={sending} onInteractOutside={(event) => event.preventDefault()}>
        <DialogHeader>
          <DialogTitle>New version of {name}</DialogTitle>
          <DialogDescription>The same bytes as an earlier version give that version again.</DialogDescription>
        </DialogHeader>
        <DialogBody className="flex flex-col gap-4">
          <FileDrop
            label="CSV or Parquet file"
            hint="UTF-8 CSV with a header line, or Parquet; up to 8 GiB"
            accept=".csv,.tsv,.txt,.parquet"
            file={file}
            onFile={setFile}
            progress={upload.progress}
          />
          <FieldFrame label="Note" optional hint="What is different in this version.">
            {(ids) => (
              <Input
                {...ids}
                value={note}
                maxLength={500}
                onChange={(event) => setNote(event.target.value)}
              />
            )}
          </FieldFrame>
          {upload.problem ? (
            <Callout tone="negative" role="alert" title={upload.problem.message}>
              {upload.problem.hint}
            </Callout>
          ) : null}
        </DialogBody>
        <DialogFooter>
          {sending ? (
            <Button onClick={upload.cancel}>Stop the upload</Button>
          ) : (
            <Button variant="ghost" onClick={() => onOpenChange(false)}>
              Cancel
            </Button>
          )}
          <Button variant="primary" disabled={!file} pending={sending} onClick={() => void send()}>
            {upload.problem ? "Send again" : "Upload"}
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}
