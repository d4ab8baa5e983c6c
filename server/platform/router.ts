import { mutationOf, queryOf, router } from "@/server/kit/trpc";
import { listWork, listWorkflows, listWorkflowSteps } from "@/server/durable/queries";
import { retryWork } from "@/server/durable/retry-work";
import { getConsole } from "./console-queries";
import { getHome } from "./home-query";
import { retryAllWork } from "./retry-all-work";

export const platformRouter = router({
  home: queryOf(getHome),
  console: queryOf(getConsole),
  work: queryOf(listWork),
  workflows: queryOf(listWorkflows),
  workflowSteps: queryOf(listWorkflowSteps),
  retryWork: mutationOf(retryWork),
  retryAllWork: mutationOf(retryAllWork),
});
