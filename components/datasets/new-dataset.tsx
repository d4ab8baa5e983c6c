"use client";
import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { useForm, useWatch } from "react-hook-form";
import { CopySnippet } from "@/components/common/copy-snippet";
import { readError } from "@/components/kit/error-shape";
import { PageHeader } from "@/components/common/page-header";
import { SelectField, TextareaField, TextField } from "@/components/form/fields";
import { FileDrop } from "@/components/form/file-drop";
import { Form, FormErrorSummary, SubmitBar } from "@/components/form/form";
import { lazyResolver } from "@/components/form/lazy-resolver";
import { applyServerError } from "@/components/form/server-errors";
import { useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { slugOf } from "@/server/datasets/rules";
import { CLASSIFICATION_OPTIONS } from "./classification-badge";
import { uploadSnippets } from "./snippets";
import { useOrigin } from "@/components/common/use-origin";
import { useUpload } from "./use-upload";
import { datasetHref } from "@/server/datasets/kinds";

const LABELS = { name: "Name", slug: "Slug", description: "Description", classification: "Classification" };

const nameFromFile = (file: File) =>
  file.name
    .replace(/\.[^.]*$/, "")
    .replaceAll(/[_-]+/g, " ")
    .trim();

/** Name, classification and file of a new dataset. The dataset is made first, so that a lost upload can be sent again. */
export function NewDataset() {
  const trpc = useTRPC();
  const router = useRouter();
  const origin = useOrigin();
  const upload = useUpload();
  const [file, setFile] = useState<File | null>(null);
  const [fileError, setFileError] = useState<string>();
  const [created, setCreated] = useState<string | null>(null);
  const create = useMutation(trpc.datasets.create.mutationOptions({ meta: { handlesError: true } }));
  const form = useForm({
    resolver: lazyResolver(async () => (await import("@/server/datasets/schemas")).CreateDatasetInput),
    defaultValues: { name: "", slug: undefined, description: "", classification: "internal" as const },
  });
  const name = useWatch({ control: form.control, name: "name" });
  const slug = useWatch({ control: form.control, name: "slug" }) || slugOf(name);
  const sending = upload.progress !== null;

  const sendFile = async (to: string, what: File) => {
    const sent = await upload.send({ slug: to, file: what });
    if (sent) router.push(datasetHref(to));
  };
  const submit = form.handleSubmit(async (values) => {
    if (!file) return;
    try {
      const dataset = created
        ? { slug: created }
        : await create.mutateAsync({ ...values, slug: values.slug || undefined });
      setCreated(dataset.slug);
      await sendFile(dataset.slug, file);
    } catch (error) {
      if (readError(error).fields.slug) form.setValue("slug", slug);
      applyServerError(error, form.setError, ["name", "slug", "description", "classification"]);
    }
  });
  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    const drop = event.currentTarget.querySelector<HTMLInputElement>('input[type="file"]');
    if (!file) setFileError("Choose a CSV or Parquet file.");
    await submit(event);
    if (!file) drop?.focus();
  };
  const choose = (next: File | null) => {
    setFile(next);
    setFileError(undefined);
    if (next && !form.getValues("name")) form.setValue("name", nameFromFile(next), { shouldValidate: true });
  };

  return (
    <>
      <PageHeader
        title="Upload a dataset"
        breadcrumbs={[{ label: "Datasets", href: "/datasets" }, { label: "Upload" }]}
        description="The file is read in full: schema, profile and digests. A malformed file is refused with its line and column."
      />
      <div className="flex flex-col gap-6">
        <Form label="Upload a dataset" onSubmit={(event) => void onSubmit(event)}>
          <FormErrorSummary control={form.control} labels={LABELS} />
          <FileDrop
            label="CSV or Parquet file"
            hint="UTF-8 CSV with a header line, or Parquet; up to 8 GiB"
            accept=".csv,.tsv,.txt,.parquet"
            file={file}
            onFile={choose}
            progress={upload.progress}
            error={fileError}
          />
          <TextField control={form.control} name="name" label="Name" disabled={created !== null} />
          <TextField
            control={form.control}
            name="slug"
            label="Slug"
            optional
            mono
            disabled={created !== null}
            placeholder={slug || "made of the name"}
            hint={
              slug
                ? `Its address: /datasets/${slug}`
                : "Part of its address; made of the name when left empty."
            }
          />
          <TextareaField
            control={form.control}
            name="description"
            label="Description"
            optional
            rows={3}
            disabled={created !== null}
          />
          <SelectField
            control={form.control}
            name="classification"
            label="Classification"
            options={CLASSIFICATION_OPTIONS}
            disabled={created !== null}
          />
          {upload.problem ? (
            <Callout tone="negative" role="alert" title={upload.problem.message}>
              {upload.problem.hint}
            </Callout>
          ) : null}
          <SubmitBar
            submitLabel={upload.problem ? "Send again" : "Upload"}
            pending={sending || create.isPending}
            onCancel={sending ? undefined : () => router.push(created ? datasetHref(created) : "/datasets")}
          >
            {sending ? <Button onClick={upload.cancel}>Stop the upload</Button> : null}
          </SubmitBar>
        </Form>
        <CopySnippet
          className="max-w-2xl"
          title="From a script"
          snippets={uploadSnippets(origin, slug || "my-data")}
        />
      </div>
    </>
  );
}
