// A process with two models, one of them stuck in a request: what is left of it when it is killed?
import { lookupModel, loopModel } from "./onnx/testing-hostile-models";
import { makeRuntime, specOf } from "./testing";

const runtime = makeRuntime();
await runtime.load("idle", specOf(lookupModel()));
await runtime.load("stuck", specOf(loopModel()));
const answer = runtime.infer("stuck", [
  { name: "rounds", datatype: "INT64", shape: [1], data: BigInt64Array.of(2n ** 60n) },
]);
const usage = await runtime.usage();
const pidOf = (key: string) => usage.find((each) => each.key === key)?.pid;
process.stdout.write(`pids ${pidOf("idle")} ${pidOf("stuck")}\n`);
await answer;
