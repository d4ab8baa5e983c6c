"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ConfirmDialog } from "@/components/common/confirm-dialog";
import { DisabledReason } from "@/components/common/disabled-reason";
import { ErrorNotice } from "@/components/common/error-notice";
import { Section } from "@/components/common/section";
import { FieldFrame } from "@/components/form/field";
import { useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { NativeSelect } from "@/components/ui/select";
import { Textarea } from "@/components/ui/textarea";
import { toast } from "@/components/ui/toast";
import type { PolicyDetail } from "@/server/governance/gates/policy-verbs";
import { PolicyPreviewBox } from "./policy-preview";
import { fieldsOf, withField } from "./policy-text";
import { FALL_OUT_WORDS } from "./policy-words";

function Enforcement({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const fields = fieldsOf(text);
  const onFallOut = fields?.onFallOut ?? "hold";
  const broken = fields === undefined ? "The document is no valid YAML; correct it first." : undefined;
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <FieldFrame
        label="Grace"
        hint="How long verdicts of the version before still count: 0 for an urgent policy, or 30m, 12h, 7d. Without one it is 7d."
        error={broken}
      >
        {(ids) => (
          <Input
            {...ids}
            disabled={broken !== undefined}
            value={fields?.grace ?? ""}
            spellCheck={false}
            autoComplete="off"
            className="font-mono"
            onChange={(event) => onChange(withField(text, "grace", event.target.value))}
          />
        )}
      </FieldFrame>
      <FieldFrame label="What falls out" hint={FALL_OUT_WORDS[onFallOut].text}>
        {(ids) => (
          <NativeSelect
            {...ids}
            disabled={broken !== undefined}
            value={onFallOut}
            onChange={(event) => onChange(withField(text, "onFallOut", event.target.value))}
          >
            {Object.entries(FALL_OUT_WORDS).map(([value, { label }]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </NativeSelect>
        )}
      </FieldFrame>
    </div>
  );
}

/** Another version of a policy: its document, what it would do, and putting it in force. */
export function PolicyEditor({ policy, onDone }: { policy: PolicyDetail; onDone: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [text, setText] = useState(policy.source);
  const [judged, setJudged] = useState<string>();
  const preview = useMutation(
    trpc.serving.previewPolicy.mutationOptions({
      meta: { handlesError: true },
      onSuccess: (_result, { source }) => setJudged(source),
    }),
  );
  const save = useMutation(trpc.governance.savePolicy.mutationOptions({ meta: { handlesError: true } }));
  const saveNow = async (reason: string) => {
    const saved = await save.mutateAsync({
      key: policy.key,
      source: text,
      expectedDigest: policy.digest,
      reason,
    });
    await queryClient.invalidateQueries();
    toast.success(`Version ${saved.version} is in force. What is deployed or awaiting is judged again.`);
    onDone();
  };
  const shown = judged === text ? preview.data : undefined;
  return (
    <Section
      id="edit"
      title="Edit"
      description="Holds for every team. What is deployed or awaiting is judged again by the new version."
      frame="card"
    >
      <div className="flex flex-col gap-4">
        <Enforcement text={text} onChange={setText} />
        <FieldFrame label="Document" hint="YAML; conditions are CEL. The key stays.">
          {(ids) => (
            <Textarea
              {...ids}
              rows={18}
              spellCheck={false}
              className="max-h-[32rem] font-mono text-sm"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </FieldFrame>
        {preview.error ? <ErrorNotice error={preview.error} /> : null}
        {shown ? <PolicyPreviewBox preview={shown} /> : null}
        <div className="flex flex-wrap justify-end gap-2">
          {policy.releaseSource ? (
            <Button onClick={() => setText(policy.releaseSource ?? text)}>Take the release's document</Button>
          ) : null}
          <Button onClick={onDone}>Cancel</Button>
          <Button
            pending={preview.isPending}
            onClick={() => preview.mutate({ key: policy.key, source: text })}
          >
            Show what would fall out
          </Button>
          {shown ? (
            <ConfirmDialog
              trigger={<Button variant="primary">Put in force</Button>}
              title={`Put another version of ${policy.key} in force?`}
              consequence={<PolicyPreviewBox preview={shown} />}
              confirmLabel="Put in force"
              tone={shown.onFallOut === "stop" ? "danger" : "primary"}
              reason={{ label: "Why", required: true }}
              onConfirm={saveNow}
            />
          ) : (
            <DisabledReason reason="See first what would fall out.">
              <Button variant="primary">Put in force</Button>
            </DisabledReason>
          )}
        </div>
      </div>
    </Section>
  );
}
