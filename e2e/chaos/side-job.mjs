// CHAOS_SIDE_JOB: notes each start outside the product, works for a few seconds, and writes an output.
import { writeFileSync } from "node:fs";
import path from "node:path";

const { MODELWORKS_JOB_ID, MODELWORKS_JOB_ATTEMPT, MODELWORKS_PARAM_STARTS, MODELWORKS_OUTPUTS } =
  process.env;
await fetch(MODELWORKS_PARAM_STARTS, {
  method: "POST",
  body: `${MODELWORKS_JOB_ID} ${MODELWORKS_JOB_ATTEMPT}`,
});
for (let tick = 1; tick <= 20; tick += 1) {
  console.log(`tick ${tick}`);
  await new Promise((resolve) => setTimeout(resolve, 200));
}
writeFileSync(path.join(MODELWORKS_OUTPUTS, "result.csv"), `job,value\n${MODELWORKS_JOB_ID},1\n`);
