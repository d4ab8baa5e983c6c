"use client";
import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { ErrorNotice } from "@/components/common/error-notice";
import { useTRPCClient } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";

/** Proves that the log of one size is a beginning of the log of another. */
export function ConsistencyProof({ size }: { size: number }) {
  const client = useTRPCClient();
  const id = useId();
  const [from, setFrom] = useState("1");
  const [to, setTo] = useState(String(size));
  const prove = useMutation({
    mutationFn: () => client.governance.consistency.query({ from: Number(from), to: Number(to) }),
    meta: { handlesError: true },
  });
  return (
    <form
      aria-label="Consistency proof"
      noValidate
      className="flex flex-col gap-3 rounded-lg border bg-surface p-4"
      onSubmit={(event) => {
        event.preventDefault();
        prove.mutate();
      }}
    >
      <p className="text-sm text-fg-muted">Prove that the log only grew between two sizes.</p>
      <div className="flex flex-wrap items-end gap-3">
        <div className="flex flex-col gap-1">
          <Label htmlFor={`${id}-from`}>From size</Label>
          <Input
            id={`${id}-from`}
            inputMode="numeric"
            className="w-28"
            value={from}
            onChange={(event) => setFrom(event.target.value)}
          />
        </div>
        <div className="flex flex-col gap-1">
          <Label htmlFor={`${id}-to`}>To size</Label>
          <Input
            id={`${id}-to`}
            inputMode="numeric"
            className="w-28"
            value={to}
            onChange={(event) => setTo(event.target.value)}
          />
        </div>
        <Button type="submit" pending={prove.isPending}>
          Prove
        </Button>
      </div>
      {prove.error ? <ErrorNotice error={prove.error} /> : null}
      {prove.data ? (
        <output className="block">
          <Callout
            tone={prove.data.consistent ? "positive" : "negative"}
            title={prove.data.consistent ? "It only grew" : "These two trees contradict each other"}
          >
            <p>
              {prove.data.proof.length} {prove.data.proof.length === 1 ? "hash proves" : "hashes prove"} it:
            </p>
            <ol className="font-mono text-xs break-all">
              {prove.data.proof.map((hash) => (
                <li key={hash}>{hash}</li>
              ))}
            </ol>
          </Callout>
        </output>
      ) : null}
    </form>
  );
}
