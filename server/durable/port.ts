/** Durable background work; worker only. The rest of the code knows these names, not the engine. */
export {
  defineWorkflow,
  signalWorkflow,
  startWorkflow,
  workflowStatuses,
  type StepOptions,
  type Workflow,
} from "./workflow";
