// Requests that wait together run together, where the contract says that their rows have nothing to do with each other.

/** A batch is made only as large as is expected to end within this time: nobody's deadline may suffer from company. */
const BATCH_MS = 50;

/** @typedef {import("./frame.mjs").RawTensor} RawTensor */

/** How many rows a request has, where each of its tensors has as many; 0 where they cannot be told. @param {readonly RawTensor[]} tensors */
export function rowsOf(tensors) {
  const [rows = 0] = tensors[0]?.shape ?? [];
  return tensors.every(({ shape }) => shape[0] === rows) ? rows : 0;
}

/** Whether the rows of two requests have the same form. @param {readonly RawTensor[]} a @param {readonly RawTensor[]} b */
export const isLike = (a, b) =>
  a.length === b.length &&
  a.every(({ index, datatype, shape }, n) => {
    const other = b[n];
    return (
      other?.index === index &&
      other.datatype === datatype &&
      other.shape.length === shape.length &&
      shape.every((size, place) => place === 0 || other.shape[place] === size)
    );
  });

/** @param {readonly (readonly RawTensor[])[]} requests alike, each with rows @returns {RawTensor[]} one request with the rows of all */
export function join(requests) {
  const [first = []] = requests;
  return first.map(({ index, datatype, shape }, n) => {
    const parts = requests.flatMap((tensors) => tensors[n] ?? []);
    // Memory of its own, at whose begin any element may lie.
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.bytes.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part.bytes, at);
      at += part.bytes.length;
    }
    const rows = parts.reduce((sum, part) => sum + (part.shape[0] ?? 0), 0);
    return { index, datatype, shape: [rows, ...shape.slice(1)], bytes };
  });
}

/** Where each row of texts begins, and where the last ends. @param {Uint8Array} bytes @param {number} perRow */
function* rowStarts(bytes, perRow) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (let element = 0; at < bytes.length; element += 1) {
    if (element % perRow === 0) yield at;
    at += 4 + view.getUint32(at, true);
  }
  yield at;
}

/** @param {RawTensor} tensor @param {readonly number[]} counts @returns {RawTensor[]} @throws Error when it has other rows than were asked */
function splitTensor({ index, datatype, shape, bytes }, counts) {
  const [rows, ...rest] = shape;
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (rows !== all) throw new Error("it does not answer row by row");
  const perRow = rest.reduce((product, size) => product * size, 1);
  const starts = datatype === "BYTES" && perRow > 0 ? [...rowStarts(bytes, perRow)] : undefined;
  const place = (/** @type {number} */ row) => starts?.[row] ?? (bytes.length / all) * row;
  let from = 0;
  return counts.map((count) => {
    const part = bytes.subarray(place(from), place(from + count));
    from += count;
    return { index, datatype, shape: [count, ...rest], bytes: part };
  });
}

/**
 * What each request gets of an answer to all of them.
 * @param {readonly RawTensor[]} outputs @param {readonly number[]} counts rows of each request @returns {RawTensor[][]}
 */
export function split(outputs, counts) {
  const parts = outputs.map((output) => splitTensor(output, counts));
  return counts.map((_, request) => parts.flatMap((part) => part[request] ?? []));
}

/** Tells how many rows may run together, from what was seen so far. */
export class BatchSize {
  #msPerRow = 0;

  /** @param {number} maxRows what the contract allows */
  constructor(maxRows) {
    this.maxRows = maxRows;
  }

  get rows() {
    return Math.min(this.maxRows, Math.floor(BATCH_MS / this.#msPerRow));
  }

  /** @param {number} rows @param {number} ms */
  saw(rows, ms) {
    const now = ms / rows;
    // Slower counts at once, quicker little by little.
    this.#msPerRow = Math.max(now, 0.9 * this.#msPerRow + 0.1 * now);
  }
}
