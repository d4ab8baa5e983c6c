/** Durable background work; worker only. The rest of the code knows these names, not the engine. */
export {
  cancelWorkflow,
  defineWorkflow,
  signalWorkflow,
  startWorkflow,
  workflowStatus,
  type StepOptions,
  type Workflow,
} from "./workflow";
export { isTransient, outlastOutage } from "./transient";
