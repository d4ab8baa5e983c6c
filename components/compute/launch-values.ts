import { slugOf } from "@/server/datasets/rules";
import type { DispatchJobInput, JobSpec, ParamValue, TemplateParameter } from "@/server/compute/schemas";
import { templateHref } from "@/server/compute/kinds";

const MIB = 1024 ** 2;

/** What the launch form holds; sizes in the units people type. */
export interface LaunchValues {
  name: string;
  params: Record<string, string | number | boolean | null>;
  inputs: Record<string, string>;
  cpuCores: number | null;
  memoryGib: number | null;
  gpuFlavor: string;
  gpus: number | null;
  timeLimitMinutes: number | null;
  maxAttempts: number | null;
  datasets: Record<string, string>;
}

export interface LaunchTemplate {
  name: string;
  title: string;
  version: string;
  spec: {
    resources: { cpuMilli: number; memoryBytes: number; timeLimitSeconds: number };
    parameters: readonly TemplateParameter[];
    inputs: readonly { name: string; title: string; optional: boolean; accepts: readonly string[] }[];
    outputs: readonly { name: string; title: string }[];
  };
}

function typed(parameter: TemplateParameter, text: string | undefined): ParamValue {
  if (text === undefined) return parameter.default;
  if (parameter.type === "boolean") return text === "true";
  if (parameter.type === "string" || parameter.type === "enum") return text;
  const number = Number(text);
  return text.trim() === "" || Number.isNaN(number) ? parameter.default : number;
}

const numberOr = (text: string | undefined, fallback: number): number => {
  const number = Number(text);
  return text === undefined || text === "" || Number.isNaN(number) ? fallback : number;
};

/** The form's beginning: the template's defaults, with what the address says on top (`param.x`, `input.x`, `cpu`, …). */
export function launchValues(
  template: LaunchTemplate,
  query: Readonly<Record<string, string>>,
): LaunchValues {
  const { resources, parameters, inputs, outputs } = template.spec;
  return {
    name: query.name ?? template.title,
    params: Object.fromEntries(
      parameters.map((parameter) => [parameter.name, typed(parameter, query[`param.${parameter.name}`])]),
    ),
    inputs: Object.fromEntries(inputs.map((input) => [input.name, query[`input.${input.name}`] ?? ""])),
    cpuCores: numberOr(query.cpu, resources.cpuMilli / 1000),
    memoryGib: numberOr(query.memoryGib, resources.memoryBytes / (1024 * MIB)),
    gpuFlavor: query.gpuFlavor ?? "",
    gpus: numberOr(query.gpus, 0),
    timeLimitMinutes: numberOr(query.minutes, resources.timeLimitSeconds / 60),
    maxAttempts: numberOr(query.attempts, 1),
    datasets: Object.fromEntries(
      outputs.map((output, index) => [`o${index}`, query[`dataset.${output.name}`] ?? ""]),
    ),
  };
}

/** What the form sends. */
export function toDispatch(template: LaunchTemplate, values: LaunchValues): DispatchJobInput {
  const outputs = template.spec.outputs.flatMap((output, index) => {
    const name = values.datasets[`o${index}`]?.trim();
    return name ? [{ path: output.name, dataset: { slug: slugOf(name), name } }] : [];
  });
  const gpuMilli = Math.round((values.gpus ?? 0) * 1000);
  return {
    name: values.name,
    template: { name: template.name, version: template.version },
    params: Object.fromEntries(
      Object.entries(values.params).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
    ),
    inputs: Object.entries(values.inputs).flatMap(([name, datasetVersionId]) =>
      datasetVersionId ? [{ name, datasetVersionId }] : [],
    ),
    resources: {
      cpuMilli: Math.round((values.cpuCores ?? 0) * 1000),
      memoryBytes: Math.round((values.memoryGib ?? 0) * 1024 * MIB),
      gpuMilli,
      gpuFlavor: gpuMilli > 0 ? values.gpuFlavor : null,
    },
    timeLimitSeconds: Math.round((values.timeLimitMinutes ?? 0) * 60),
    maxAttempts: values.maxAttempts ?? 1,
    ...(outputs.length > 0 ? { outputs } : {}),
  };
}

/** The address of the launch form, filled with what a job was. Undefined for a job without template. */
export function relaunchHref(spec: JobSpec): string | undefined {
  if (!spec.template) return undefined;
  const query = new URLSearchParams({
    name: spec.name,
    cpu: String(spec.resources.cpuMilli / 1000),
    memoryGib: String(spec.resources.memoryBytes / (1024 * MIB)),
    minutes: String(spec.timeLimitSeconds / 60),
    attempts: String(spec.maxAttempts),
  });
  for (const [name, value] of Object.entries(spec.params)) query.set(`param.${name}`, String(value));
  for (const input of spec.inputs) query.set(`input.${input.name}`, input.datasetVersionId);
  if (spec.resources.gpuFlavor) {
    query.set("gpuFlavor", spec.resources.gpuFlavor);
    query.set("gpus", String(spec.resources.gpuMilli / 1000));
  }
  for (const output of spec.outputs) query.set(`dataset.${output.path}`, output.dataset.name);
  return `${templateHref(spec.template.name)}?${query.toString()}`;
}

/** The same request as a command and as Python. */
export function launchSnippets(input: DispatchJobInput) {
  const body = JSON.stringify(input, null, 2);
  return [
    {
      label: "curl",
      code: `curl -X POST "$MODELWORKS_URL/api/v1/jobs" \\\n  -H "authorization: Bearer $MODELWORKS_TOKEN" \\\n  -H "content-type: application/json" \\\n  -d '${body.replaceAll("'", "'\\''")}'`,
    },
    {
      label: "Python",
      code: `import json, os, urllib.request\n\nbody = json.loads(r"""${body}""")\nrequest = urllib.request.Request(\n    "$MODELWORKS_URL/api/v1/jobs",\n    data=json.dumps(body).encode(),\n    headers={"authorization": "Bearer " + os.environ["MODELWORKS_TOKEN"], "content-type": "application/json"},\n)\nprint(json.load(urllib.request.urlopen(request))["id"])`,
    },
  ];
}
