import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createLocalCluster } from "../index";
import { lookAtMachine } from "./machine";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "mw-machine-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const NOWHERE = "/nonexistent";
/** As the driver writes it. */
const INFORMATION = (model: string) =>
  `Model: \t\t ${model}\nIRQ:   \t\t 153\nGPU UUID: \t GPU-1\nBus Type: \t PCIe\nDMA Size: \t 52 bits\n`;

it("has the cores and the memory of this machine, and no GPU that is not there", async () => {
  const machine = await createLocalCluster({ root: folder, path: NOWHERE }).machine();
  expect(machine.cpuMilli).toBe(os.availableParallelism() * 1000);
  expect(machine.memoryBytes).toBeLessThanOrEqual(os.totalmem());
  expect(machine.memoryBytes).toBeGreaterThan(2 ** 28);
  expect((await lookAtMachine(NOWHERE, path.join(folder, "none"))).gpus).toEqual([]);
});

it("counts the devices of the driver by model", async () => {
  for (const [slot, model] of ["NVIDIA A100-SXM4-80GB", "NVIDIA A100-SXM4-80GB", "Tesla T4"].entries()) {
    mkdirSync(path.join(folder, `0000:0${slot}:00.0`));
    writeFileSync(path.join(folder, `0000:0${slot}:00.0`, "information"), INFORMATION(model));
  }
  expect((await lookAtMachine(NOWHERE, folder)).gpus).toEqual([
    { title: "NVIDIA A100-SXM4-80GB", count: 2 },
    { title: "Tesla T4", count: 1 },
  ]);
});

it("asks the driver's tool where its files cannot be seen, and believes none that fails", async () => {
  const tool = path.join(folder, "nvidia-smi");
  const write = (script: string) => {
    writeFileSync(tool, `#!/bin/sh\n${script}\n`);
    chmodSync(tool, 0o755);
  };
  write('[ "$1" = --query-gpu=name ] && printf "NVIDIA H200\\nNVIDIA H200\\n"');
  expect((await lookAtMachine(folder, NOWHERE)).gpus).toEqual([{ title: "NVIDIA H200", count: 2 }]);
  write('echo "NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver." >&2; exit 9');
  expect((await lookAtMachine(folder, NOWHERE)).gpus).toEqual([]);
});
