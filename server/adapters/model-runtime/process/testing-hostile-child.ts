import fs from "node:fs";
import path from "node:path";
import { ONNX_ENGINE } from "./launch";
import { memoryBounds } from "./memory";
import { lend } from "./place-files";
import { giveBackUser, takeUser } from "./users";
import { Warden } from "./warden";

/** What starts a process that does what a hostile model would, as one of its user's would be started. */
export async function hostileChild(what: string, port = 0) {
  const folder = fs.mkdtempSync(path.join("/var/tmp", "mw-hostile-"));
  const warden = new Warden();
  const userId = takeUser();
  const file = path.join(folder, "what");
  fs.writeFileSync(file, JSON.stringify({ what, gateway: process.pid, port }));
  await lend(file, 0o440, userId);
  await lend(folder, 0o750, userId);
  return {
    options: {
      folder,
      userId,
      memory: memoryBounds(64 * 1024 ** 2, ONNX_ENGINE),
      cpuMilli: undefined,
      warden,
      program: path.join(import.meta.dirname, "testing-hostile-program.mjs"),
    },
    remove: () => {
      fs.rmSync(folder, { recursive: true });
      warden.close();
      giveBackUser(userId);
    },
  };
}
