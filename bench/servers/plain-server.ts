import { createServer } from "node:http";
import { listen } from "./listen";

interface Row {
  shape: number[];
  data: Float32Array;
}

interface Output {
  name: string;
  datatype: string;
  shape: readonly number[];
  data: ArrayLike<unknown>;
}

export type Answer = (outputs: readonly Output[]) => void;

/** What is least in front of a model: parses, infers, answers. No sign-in, no checks, no split, no record. */
export function servePlainly(infer: (row: Row, answer: Answer) => void): void {
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on("data", (chunk: Buffer) => chunks.push(chunk));
    req.on("end", () => {
      const { inputs } = JSON.parse(Buffer.concat(chunks).toString()) as {
        inputs: { shape: number[]; data: number[] }[];
      };
      const [input] = inputs;
      if (!input) {
        res.writeHead(400, { "content-length": 0 }).end();
        return;
      }
      infer({ shape: input.shape, data: Float32Array.from(input.data) }, (outputs) => {
        const shown = outputs.map((output) => ({ ...output, data: Array.from(output.data, Number) }));
        const text = JSON.stringify({ model_name: "bench", outputs: shown });
        res.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
        res.end(text);
      });
    });
  });
  listen(server);
}
