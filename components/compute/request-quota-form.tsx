"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Gauge } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { EmptyState } from "@/components/common/empty-state";
import { ErrorNotice } from "@/components/common/error-notice";
import { PageHeader } from "@/components/common/page-header";
import { DetailSkeleton } from "@/components/common/skeletons";
import { NumberField, SelectField, TextareaField, TextField } from "@/components/form/fields";
import { Form, FormErrorSummary, SubmitBar } from "@/components/form/form";
import { applyServerError } from "@/components/form/server-errors";
import { useCan } from "@/components/kit/use-can";
import { publicErrorOf, useTRPC } from "@/components/kit/trpc";
import { Callout } from "@/components/ui/callout";
import { devicesInWords, QUOTA_MAX_DAYS, type Flavor } from "@/server/compute/rules";
import { renameFields } from "./rename-fields";
import { quotaRequestHref } from "@/server/compute/kinds";

interface Values {
  flavor: string;
  gpus: number | null;
  until: string;
  why: string;
}

const DAY_MS = 24 * 3600_000;
const LABELS = { flavor: "GPU", gpus: "How many", until: "Until", why: "Why" };

function Fields(props: { flavors: readonly Flavor[]; preset: string }) {
  const { flavors, preset } = props;
  const trpc = useTRPC();
  const router = useRouter();
  const can = useCan("compute.quota.request");
  const ask = useMutation(trpc.compute.quota.ask.mutationOptions({ meta: { handlesError: true } }));
  const [inAWeek] = useState(() => new Date(Date.now() + 7 * DAY_MS).toISOString().slice(0, 10));
  const form = useForm<Values>({
    defaultValues: {
      flavor: flavors.find((flavor) => flavor.name === preset)?.name ?? flavors[0]?.name ?? "",
      gpus: 1,
      until: inAWeek,
      why: "",
    },
  });
  const submit = form.handleSubmit(async (values) => {
    try {
      const request = await ask.mutateAsync({
        flavor: values.flavor,
        amountMilli: Math.round((values.gpus ?? 0) * 1000),
        until: new Date(`${values.until}T23:59:59Z`),
        why: values.why,
      });
      router.push(quotaRequestHref(request.id));
    } catch (error) {
      const told = publicErrorOf(error);
      applyServerError(told ? renameFields(told, { amountMilli: "gpus" }) : error, form.setError, [
        "flavor",
        "gpus",
        "until",
        "why",
      ]);
    }
  });
  return (
    <Form label="Request GPU quota" onSubmit={(event) => void submit(event)}>
      <FormErrorSummary control={form.control} labels={LABELS} />
      <SelectField
        control={form.control}
        name="flavor"
        label="GPU"
        options={flavors.map((flavor) => ({
          value: flavor.name,
          label: `${flavor.title} (${devicesInWords(flavor)})`,
        }))}
      />
      <NumberField control={form.control} name="gpus" label="How many" unit="GPUs" min={0.1} step={0.1} />
      <TextField
        control={form.control}
        name="until"
        label="Until"
        type="date"
        hint={`The end of that day in UTC, at most ${QUOTA_MAX_DAYS} days from now; the grant then ends by itself.`}
      />
      <TextareaField
        control={form.control}
        name="why"
        label="Why"
        rows={4}
        hint="What you will run, and why the team's quota is not enough. The platform administrator reads this."
      />
      <SubmitBar
        submitLabel="Send request"
        pending={form.formState.isSubmitting}
        blocked={can.allowed ? null : (can.reason ?? "You may not ask for quota.")}
        onCancel={() => router.push("/quotas")}
      />
    </Form>
  );
}

/** The page on which a team asks for GPUs. */
export function RequestQuotaPage({ flavor }: { flavor: string }) {
  const trpc = useTRPC();
  const quota = useQuery(trpc.compute.quota.get.queryOptions());
  if (quota.error && !quota.data)
    return <ErrorNotice error={quota.error} onRetry={() => void quota.refetch()} />;
  if (!quota.data) return <DetailSkeleton />;
  return (
    <div className="flex flex-col gap-6">
      <PageHeader
        breadcrumbs={[{ label: "Quotas", href: "/quotas" }, { label: "Request" }]}
        title="Request GPU quota"
        description="A platform administrator who is not you decides. You are told in your inbox."
      />
      {quota.data.flavors.length === 0 ? (
        <EmptyState
          icon={Gauge}
          title="This cluster has no GPUs"
          text="A platform administrator declares the kinds of GPU under Admin, Base quotas."
        />
      ) : (
        <>
          <Callout tone="neutral">
            The local cluster accounts for GPUs against quota; it does not isolate them.
          </Callout>
          <Fields flavors={quota.data.flavors} preset={flavor} />
        </>
      )}
    </div>
  );
}
