import { experimentHref, runHref } from "@/server/experiments/kinds";
import { modelHref } from "@/server/registry/kinds";
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The page behind a link of MLflow's own interface, such as the `#/experiments/1/runs/…` that its client prints after a run; null
 * for anything else.
 */
export function pathOfMlflowLink(hash: string): string | null {
  const path = hash.replace(/^#/, "").replace(/\?.*$/, "");
  const run = /^\/experiments\/(\d+)(?:\/runs\/([\w-]+))?(?:\/|$)/.exec(path);
  if (run?.[1]) return run[2] ? runHref(run[1], run[2]) : experimentHref(run[1]);
  if (/^\/models\/?$/.test(path)) return "/models";
  const model = /^\/models\/([^/]+)(?:\/versions\/(\d+))?(?:\/|$)/.exec(path);
  if (!model?.[1]) return null;
  const page = modelHref(decoded(model[1]));
  return model[2] ? `${page}/versions/${model[2]}` : page;
}
