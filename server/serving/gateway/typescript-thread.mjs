// A worker thread starts without the loader that its process has for TypeScript; this one brings its own.
import { workerData } from "node:worker_threads";
import { register } from "tsx/esm/api";

register();
await import(workerData.script);
