"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { toast } from "@/components/ui/toast";
import { devicesInWords, type Flavor } from "@/server/compute/rules";
import { NumberField, TextField } from "@/components/form/fields";
import { FormErrorSummary } from "@/components/form/form";
import { applyServerError } from "@/components/form/server-errors";
import { publicErrorOf, useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { renameFields } from "./rename-fields";

interface Values {
  name: string;
  title: string;
  devices: number | null;
}

/** Declares how many GPUs of a kind there are; the name of a known kind changes it. */
export function FlavorForm({ flavors }: { flavors: readonly Flavor[] }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const set = useMutation(trpc.compute.quota.setFlavor.mutationOptions({ meta: { handlesError: true } }));
  const form = useForm<Values>({ defaultValues: { name: "", title: "", devices: 1 } });
  const submit = form.handleSubmit(async (values) => {
    try {
      const capacityMilli = Math.round((values.devices ?? 0) * 1000);
      await set.mutateAsync({ name: values.name, title: values.title, capacityMilli });
      toast.success(`${values.title} declared`);
      // What was saved, not what "Change" put there: a second press must undo nothing.
      form.reset(values);
      await queryClient.invalidateQueries({ queryKey: trpc.compute.quota.pathKey() });
    } catch (error) {
      const told = publicErrorOf(error);
      const shown = told ? renameFields(told, { capacityMilli: "devices" }) : error;
      applyServerError(shown, form.setError, ["name", "title", "devices"]);
    }
  });
  return (
    <form
      noValidate
      aria-label="Declare GPUs"
      className="flex flex-col gap-4"
      onSubmit={(event) => void submit(event)}
    >
      {flavors.length > 0 ? (
        <ul className="divide-y rounded-md border">
          {flavors.map((flavor) => (
            <li key={flavor.name} className="flex flex-wrap items-center justify-between gap-x-3 px-3 py-2">
              <span>
                {flavor.title} <span className="font-mono text-sm text-fg-subtle">{flavor.name}</span>
              </span>
              <span className="flex items-center gap-3">
                <span className="tabular-nums">{devicesInWords(flavor)}</span>
                <Button
                  size="sm"
                  aria-label={`Change ${flavor.title}`}
                  onClick={() =>
                    form.reset({
                      name: flavor.name,
                      title: flavor.title,
                      devices: flavor.capacityMilli / 1000,
                    })
                  }
                >
                  Change
                </Button>
              </span>
            </li>
          ))}
        </ul>
      ) : null}
      <FormErrorSummary
        control={form.control}
        labels={{ name: "Name", title: "Title", devices: "How many" }}
      />
      <div className="grid gap-4 sm:grid-cols-3">
        <TextField
          control={form.control}
          name="name"
          label="Name"
          placeholder="a100-40gb"
          autoComplete="off"
          mono
        />
        <TextField
          control={form.control}
          name="title"
          label="Title"
          placeholder="NVIDIA A100 40 GB"
          autoComplete="off"
        />
        <NumberField
          control={form.control}
          name="devices"
          label="How many"
          unit="devices"
          min={0}
          step="any"
        />
      </div>
      <div>
        <Button type="submit" pending={form.formState.isSubmitting}>
          Declare GPUs
        </Button>
      </div>
    </form>
  );
}
