import type { Control } from "react-hook-form";
import Link from "next/link";
import { NumberField, SelectField, TextareaField, TextField } from "@/components/form/fields";
import type { EndpointValues } from "./endpoint-form";

type Part = { control: Control<EndpointValues> };

const plain = { mono: true, autoComplete: "off", spellCheck: false } as const;

/** What the Open Inference Protocol asks for. */
export function OipFields({ control }: Part) {
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField control={control} name="endpoint.model" label="Model there" {...plain} />
        <TextField
          control={control}
          name="endpoint.version"
          label="Version there"
          optional
          hint="Named, no other may answer."
          {...plain}
        />
      </div>
      <SelectField
        control={control}
        name="endpoint.onChange"
        label="When it says that it serves another version"
        options={[
          { value: "alert", label: "Raise an alert" },
          { value: "stop", label: "Stop asking it, and raise an alert" },
        ]}
        hint="Other inputs or outputs always stop it."
      />
    </>
  );
}

/** What a plain server does not tell by itself. */
export function JsonFields({ control }: Part) {
  return (
    <>
      <SelectField
        control={control}
        name="endpoint.form"
        label="Rows are sent as"
        options={[
          { value: "instances", label: '"instances" (KServe V1, TensorFlow Serving)' },
          { value: "inputs", label: '"inputs" (MLflow)' },
          { value: "dataframe_split", label: '"dataframe_split" (MLflow)' },
        ]}
        hint='The answer must hold "predictions", one for each row.'
      />
      <TextareaField
        control={control}
        name="endpoint.signature"
        label="Inputs and outputs"
        mono
        spellCheck={false}
        rows={8}
        hint="As JSON; such a server does not say what it takes and gives. Each shape begins with -1, for the rows."
      />
      <TextField
        control={control}
        name="endpoint.columns"
        label="Columns"
        optional
        hint="With commas; for a table that is one input."
        {...plain}
      />
      <TextField
        control={control}
        name="endpoint.healthPath"
        label="Health path"
        optional
        placeholder="/ping"
        hint="Answers 200 while it is well. Left out, the address itself is asked."
        {...plain}
      />
    </>
  );
}

/** What every endpoint has. `credentials` are the names that the team stored. */
export function CommonFields({ control, credentials }: Part & { credentials: readonly string[] }) {
  return (
    <>
      <SelectField
        control={control}
        name="endpoint.credential"
        label="Credential"
        options={[{ value: "", label: "None" }, ...credentials.map((name) => ({ value: name, label: name }))]}
        hint={
          <>
            Team admins store them under{" "}
            <Link href="/settings/endpoint-credentials" className="text-accent-text underline">
              Endpoint credentials
            </Link>
            .
          </>
        }
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <NumberField
          control={control}
          name="endpoint.timeoutMs"
          label="Longest answer"
          unit="ms"
          min={100}
          max={600_000}
        />
        <NumberField
          control={control}
          name="endpoint.maxConcurrency"
          label="At once"
          unit="requests"
          min={1}
          max={256}
        />
      </div>
      <TextField
        control={control}
        name="runId"
        label="Run that evaluated it"
        optional
        mono
        autoComplete="off"
        spellCheck={false}
        hint="Its data, code and results are judged as the version's. Staging asks for data and code, production for all of them."
      />
      <TextareaField control={control} name="description" label="What is new" optional rows={2} />
    </>
  );
}
