"use client";
import { useEffect, useRef, useState } from "react";
import { toast } from "@/components/ui/toast";
import type { Sent } from "./upload-answers";
import { datasetHref } from "@/server/datasets/kinds";

export interface UploadProblem {
  message: string;
  hint?: string;
}

export interface UploadRun {
  /** Sent share, 0 to 1; null when nothing is being sent. */
  progress: number | null;
  problem: UploadProblem | null;
  /**
   * Sends the file; resolves to the upload, or undefined when it failed (the problem says why). Resolves to undefined also when the
   * person has gone to another page meanwhile: a toast tells them there how it went, and nothing takes them away.
   */
  send: (request: { slug: string; file: File; name?: string; note?: string }) => Promise<Sent | undefined>;
  cancel: () => void;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const LOST: UploadProblem = {
  message: "The connection was lost before the whole file arrived.",
  hint: "Send it again; what was sent before does no harm.",
};

/** A name that the server takes: letters, digits, spaces and . _ - ( ) + = @. */
export const cleanFileName = (name: string): string =>
  name
    .normalize("NFC")
    .replaceAll(/[^\p{L}\p{N}._ ()+=@-]/gu, "-")
    .replace(/^[^\p{L}\p{N}_]+/u, "")
    .slice(-200) || "data";

/** The browser asks before it closes the page and ends the upload with it. */
const keepPage = (event: BeforeUnloadEvent) => event.preventDefault();

/** How it went, for somebody who is on another page by now. */
function tellElsewhere(slug: string, file: string, failure: UploadProblem | null): void {
  const link = { label: "Open dataset", href: datasetHref(slug) };
  if (failure) {
    const description = [failure.message, failure.hint].filter(Boolean).join(" ");
    toast.error(`${file} was not uploaded`, { description, link });
  } else toast.success(`${file} is uploaded`, { description: "It is being inspected.", link });
}

/** Sends a file to the portal with progress; fetch cannot tell how much was sent, so this is an XMLHttpRequest. */
export function useUpload(): UploadRun {
  const [progress, setProgress] = useState<number | null>(null);
  const [problem, setProblem] = useState<UploadProblem | null>(null);
  const current = useRef<XMLHttpRequest | null>(null);
  const here = useRef(true);
  // Effect: an upload outlives the page it was started on, and must know.
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);

  const send: UploadRun["send"] = ({ slug, file, name, note }) =>
    new Promise((resolve) => {
      const query = new URLSearchParams();
      if (name) query.set("name", name);
      if (note) query.set("note", note);
      const request = new XMLHttpRequest();
      current.current = request;
      const end = (outcome: Sent | undefined, failure: UploadProblem | null) => {
        current.current = null;
        window.removeEventListener("beforeunload", keepPage);
        if (!here.current) {
          tellElsewhere(slug, file.name, failure);
          return resolve(undefined);
        }
        setProgress(null);
        setProblem(failure);
        resolve(outcome);
      };
      request.upload.addEventListener("progress", (event) =>
        setProgress(event.lengthComputable ? event.loaded / event.total : 0),
      );
      // Loaded while the file is on its way, not with the page.
      const answers = import("./upload-answers");
      const read = async () => {
        const { Sent, Problem } = await answers;
        const body = parseJson(request.responseText);
        const sent = Sent.safeParse(body);
        if (request.status === 202 && sent.success) return end(sent.data, null);
        const told = Problem.safeParse(body);
        end(undefined, told.success ? { message: told.data.title, hint: told.data.detail } : LOST);
      };
      request.addEventListener("load", () => void read().catch(() => end(undefined, LOST)));
      request.addEventListener("error", () => end(undefined, LOST));
      request.addEventListener("abort", () =>
        end(undefined, { message: "The upload was cancelled.", hint: "Nothing was registered." }),
      );
      window.addEventListener("beforeunload", keepPage);
      setProblem(null);
      setProgress(0);
      request.open(
        "PUT",
        `/api/v1/datasets/${encodeURIComponent(slug)}/uploads/${encodeURIComponent(cleanFileName(file.name))}?${query.toString()}`,
      );
      request.setRequestHeader("content-type", "application/octet-stream");
      request.send(file);
    });

  return { progress, problem, send, cancel: () => current.current?.abort() };
}
