import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scanFile, withFileSource } from "./index";

/** Made by `testing/make-benign.py` with the real libraries; their versions stand there. */
const folder = path.join(import.meta.dirname, "testing", "benign");
const files = fs.readdirSync(folder).toSorted();

/** What the scanner cannot decide alone, and the words in which it says so. */
const UNDECIDED: Record<string, string> = {
  "arrays-bz2.joblib": "compressed with bzip2",
  "arrays-lz4.joblib": "compressed with lz4",
  "arrays-xz.joblib": "compressed with xz",
  "statsmodels-glm.pkl": "statsmodels.genmod.generalized_linear_model",
  "statsmodels-ols.pkl": "statsmodels.regression.linear_model",
  "torch-plain.pkl": "torch.storage._load_from_bytes",
  "torch-script.pt": "TorchScript",
};

const scan = (file: string, bytes?: (whole: Buffer) => Buffer) =>
  withFileSource(path.join(folder, file), (source) =>
    scanFile(bytes === undefined ? source : { ...source, ...asSource(bytes(source.read(0, source.size))) }, {
      path: file,
    }),
  );
const asSource = (bytes: Buffer) => ({
  size: bytes.length,
  read: (offset: number, length: number) => bytes.subarray(offset, offset + length),
});

describe("honest files of the libraries in use", () => {
  it("are many", () => expect(files.length).toBeGreaterThan(55));

  it.each(files)("%s", async (file) => {
    const { verdict, findings } = await scan(file);
    const said = UNDECIDED[file];
    expect(verdict, JSON.stringify(findings)).toBe(said === undefined ? "pass" : "indeterminate");
    if (said !== undefined) expect(JSON.stringify(findings)).toContain(said);
  });

  const pickles = files.filter((file) =>
    /^(plain|numbers|sklearn|xgboost|lightgbm|arrays)\S*\.(pkl|joblib)$/.test(file),
  );
  it("pass no more when a call is put before their end", async () => {
    for (const file of pickles.filter((one) => !/-(zlib|gzip|bz2|xz|lz4)\./.test(one))) {
      const { verdict } = await scan(file, (whole) =>
        Buffer.concat([whole.subarray(0, -1), Buffer.from("0cos\nsystem\n(S'id'\ntR.", "latin1")]),
      );
      expect(verdict, file).toBe("fail");
    }
  });

  it("pass no more when cut off", async () => {
    for (const file of [...pickles, ...files.filter((one) => /^(numpy|torch)/.test(one))]) {
      for (const part of [0.3, 0.6, 0.99]) {
        const { verdict } = await scan(file, (whole) => whole.subarray(0, Math.floor(whole.length * part)));
        // The end of torch's old files is raw numbers, of which nothing is ever unpickled.
        if (!file.includes("legacy") || part < 0.9) expect(verdict, `${file} at ${part}`).not.toBe("pass");
      }
    }
  });
});
