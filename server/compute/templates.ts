import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { blobs } from "@/db/schema";
import { objectStore } from "@/server/composition";
import type { Ctx } from "@/server/core/context";
import { manifestDigest } from "@/server/core/digest";
import { AppError, notFound } from "@/server/core/errors";
import { log } from "@/server/core/log";
import { query, NoInput } from "@/server/core/verb";
import { TemplateFile, TemplateNameInput, type JobSpec } from "./schemas";

const ROOT = path.resolve("templates");
const LEFT_OUT = new Set(["__pycache__", "tests", "node_modules"]);
const execute = promisify(execFile);

export interface Template {
  name: string;
  title: string;
  description: string;
  version: string;
  spec: TemplateFile["spec"];
  /** Content of its locked requirements file. */
  requirements: string | null;
  readme: string | null;
}

async function load(name: string): Promise<Template | undefined> {
  const folder = path.join(ROOT, name);
  const text = await readFile(path.join(folder, "template.yaml"), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = TemplateFile.safeParse(parse(text));
  if (!parsed.success) {
    log.error({ template: name, issues: parsed.error.issues }, "template.yaml cannot be used");
    throw new AppError(
      "unavailable",
      `The template ${name} cannot be used: its template.yaml is not valid.`,
      {
        hint: "The platform team finds the details in the portal's log.",
      },
    );
  }
  const { metadata, spec } = parsed.data;
  return {
    ...metadata,
    spec,
    requirements: spec.requirements ? await readFile(path.join(folder, spec.requirements), "utf8") : null,
    readme: await readFile(path.join(folder, "README.md"), "utf8").catch(() => null),
  };
}

/** A template of this installation. @throws AppError `not_found` */
export async function templateOf(name: string): Promise<Template> {
  const template = /^[a-z0-9][a-z0-9-]*$/.test(name) ? await load(name) : undefined;
  if (!template) throw notFound("template", name);
  return template;
}

async function allTemplates(): Promise<Template[]> {
  const names = (await readdir(ROOT, { withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
  const found = await Promise.all(names.map((name) => load(name).catch(() => undefined)));
  return found.filter((template) => template !== undefined);
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const nested = entries
    .filter((entry) => !LEFT_OUT.has(entry.name) && !entry.name.startsWith("."))
    .map(async (entry) => {
      const full = path.join(folder, entry.name);
      if (entry.isDirectory()) return filesUnder(full);
      return entry.isFile() && !entry.name.endsWith(".pyc") ? [full] : [];
    });
  return (await Promise.all(nested)).flat().toSorted();
}

async function git(...args: string[]): Promise<string | null> {
  try {
    return (await execute("git", args, { cwd: ROOT, timeout: 5_000 })).stdout.trim();
  } catch {
    return null;
  }
}

/** Stores a template's files by digest, so that the job can be run again although the template has changed since. */
export async function snapshotTemplate(ctx: Ctx, template: Template): Promise<NonNullable<JobSpec["code"]>> {
  const folder = path.join(ROOT, template.name);
  const files = [];
  for (const full of await filesUnder(folder)) {
    const { digest, sizeBytes } = await objectStore().putFile(full);
    files.push({ path: path.relative(folder, full).split(path.sep).join("/"), digest, sizeBytes });
  }
  await ctx.db
    .insert(blobs)
    .values(files.map(({ digest, sizeBytes }) => ({ digest, sizeBytes })))
    .onConflictDoNothing();
  const gitCommit = await git("rev-parse", "HEAD");
  const changes = gitCommit === null ? "" : await git("status", "--porcelain", "--", template.name);
  return { digest: manifestDigest(files), files, gitCommit, gitDirty: changes !== "" };
}

export const listTemplates = query(
  {
    name: "compute.template.list",
    permission: "compute.job.read",
    input: NoInput,
    summary: "Templates to launch jobs from",
  },
  async () => ({
    items: (await allTemplates()).map(({ requirements: _requirements, readme: _readme, ...rest }) => rest),
  }),
);

export const getTemplate = query(
  {
    name: "compute.template.get",
    permission: "compute.job.read",
    input: TemplateNameInput,
    summary: "One template with its parameters",
  },
  ({ input }) => templateOf(input.name),
);
