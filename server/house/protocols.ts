import type { Hono } from "hono";
import type { HttpEnv } from "@/server/kit/app-env";
import { mlflowApp } from "@/server/http/mlflow/app";
import { tlogApp } from "@/server/http/tlog/app";

/** The field's own protocols, each a translator in a folder of its own. */
export function protocolApps(): { path: string; app: Hono<HttpEnv> }[] {
  return [
    { path: "/", app: mlflowApp() },
    { path: "/log", app: tlogApp() },
  ];
}
