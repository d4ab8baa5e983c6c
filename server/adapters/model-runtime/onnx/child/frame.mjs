// Frames between the gateway and a model's process: a header of 16 bytes, then tensors as they lie in memory, or JSON. Every part begins at
// a multiple of 8, so that the receiver looks at the numbers where they arrived.

import { DATATYPES } from "../../datatypes.mjs";

export const HEADER_BYTES = 16;
const TENSOR_HEAD_BYTES = 8;
/** What a request or an answer may hold: the gateway keeps both in its own memory, beside those of all other models. */
export const MAX_FRAME_BYTES = 64 * 1024 ** 2;

export const KIND = { hello: 1, load: 2, unload: 3, infer: 4, ok: 5, refused: 6, failed: 7 };

/** In place of an input's number: a text of JSON with the request's parameters. No model has so many inputs. */
export const PARAMETERS = 0xffff;

const padded = (/** @type {number} */ size) => (size + 7) & ~7;

/**
 * A tensor on its way: `index` is its place in the model's signature; BYTES are elements of `u32 length, bytes`.
 * @typedef {{ index: number, datatype: string, shape: readonly number[], bytes: Uint8Array }} RawTensor
 * @typedef {{ id: number, kind: number, model: number, count: number, body: Uint8Array }} Frame
 */

/** @param {Buffer} frame @param {number} id @param {number} kind @param {number} model @param {number} count */
function writeHeader(frame, id, kind, model, count) {
  frame.writeUInt32LE(frame.length, 0);
  frame.writeUInt32LE(id, 4);
  frame.writeUInt32LE(model, 8);
  frame.writeUInt16LE(kind, 12);
  frame.writeUInt16LE(count, 14);
}

/** @param {number} id @param {number} kind @param {number} model @param {readonly RawTensor[]} tensors @returns {Buffer} */
export function tensorFrame(id, kind, model, tensors) {
  let size = HEADER_BYTES;
  for (const { shape, bytes } of tensors)
    size += padded(TENSOR_HEAD_BYTES + 4 * shape.length) + padded(bytes.length);
  if (size > MAX_FRAME_BYTES) {
    const [has, most] = [size, MAX_FRAME_BYTES].map((bytes) => Math.ceil(bytes / 1024 ** 2));
    throw new RangeError(
      `its tensors take ${has} MiB, and at most ${most} MiB are passed on; send fewer rows at once`,
    );
  }
  const frame = Buffer.allocUnsafe(size);
  writeHeader(frame, id, kind, model, tensors.length);
  let at = HEADER_BYTES;
  for (const { index, datatype, shape, bytes } of tensors) {
    frame.writeUInt16LE(index, at);
    frame[at + 2] = DATATYPES.indexOf(datatype);
    frame[at + 3] = shape.length;
    frame.writeUInt32LE(bytes.length, at + 4);
    for (let i = 0; i < shape.length; i += 1) frame.writeUInt32LE(shape[i] ?? 0, at + 8 + 4 * i);
    at += padded(TENSOR_HEAD_BYTES + 4 * shape.length);
    frame.set(bytes, at);
    at += padded(bytes.length);
  }
  return frame;
}

/** @param {number} id @param {number} kind @param {number} model @param {unknown} value @returns {Buffer} */
export function jsonFrame(id, kind, model, value) {
  const text = JSON.stringify(value);
  const frame = Buffer.alloc(padded(HEADER_BYTES + Buffer.byteLength(text)), " ");
  frame.write(text, HEADER_BYTES);
  writeHeader(frame, id, kind, model, 0);
  return frame;
}

/** @param {Frame} frame @returns {unknown} */
export const jsonOf = (frame) => JSON.parse(Buffer.from(frame.body).toString("utf8"));

/** The tensors of a frame; their bytes lie in its memory. @param {Frame} frame @returns {RawTensor[]} */
export function tensorsOf(frame) {
  const { body, count } = frame;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const tensors = [];
  let at = 0;
  for (let n = 0; n < count; n += 1) {
    const rank = view.getUint8(at + 3);
    const size = view.getUint32(at + 4, true);
    const shape = [];
    for (let i = 0; i < rank; i += 1) shape.push(view.getUint32(at + 8 + 4 * i, true));
    const begin = at + padded(TENSOR_HEAD_BYTES + 4 * rank);
    tensors.push({
      index: view.getUint16(at, true),
      datatype: DATATYPES[view.getUint8(at + 2)] ?? "",
      shape,
      bytes: body.subarray(begin, begin + size),
    });
    at = begin + padded(size);
  }
  return tensors;
}

const FIRST_BYTES = 64 * 1024;
/** At least this much is asked of the kernel at once. */
const ROOM_BYTES = 32 * 1024;

/** What arrives in pieces, as whole frames. A frame's memory is good until the next `space` or `push`. */
export class FrameReader {
  #buffer = Buffer.from(new ArrayBuffer(FIRST_BYTES));
  #start = 0;
  #end = 0;

  /** The size that the first frame claims; 0 while too little of it is here. @returns {number} */
  #claimed() {
    if (this.#end - this.#start < 4) return 0;
    const size = this.#buffer.readUInt32LE(this.#start);
    if (size < HEADER_BYTES || size > MAX_FRAME_BYTES)
      throw new RangeError(`a frame of ${size} bytes, which none may have`);
    return size;
  }

  /** Room to read into; tell with `filled` how much of it was used. @returns {Buffer} @throws RangeError */
  space() {
    const held = this.#end - this.#start;
    if (held === 0) {
      this.#start = 0;
      this.#end = 0;
      if (this.#buffer.length > 16 * FIRST_BYTES) this.#buffer = Buffer.from(new ArrayBuffer(FIRST_BYTES));
    }
    const wanted = Math.max(this.#claimed(), held + ROOM_BYTES);
    if (this.#start + wanted > this.#buffer.length) {
      const next = wanted > this.#buffer.length ? Buffer.from(new ArrayBuffer(padded(wanted))) : this.#buffer;
      this.#buffer.copy(next, 0, this.#start, this.#end);
      this.#buffer = next;
      this.#start = 0;
      this.#end = held;
    }
    return this.#buffer.subarray(this.#end);
  }

  /** @param {number} count */
  filled(count) {
    this.#end += count;
  }

  /** @param {Uint8Array} chunk @throws RangeError */
  push(chunk) {
    for (let taken = 0; taken < chunk.length;) {
      const room = this.space();
      const part = chunk.subarray(taken, taken + room.length);
      room.set(part);
      this.filled(part.length);
      taken += part.length;
    }
  }

  hasFrame() {
    const held = this.#end - this.#start;
    return held >= HEADER_BYTES && held >= this.#claimed();
  }

  /** @returns {Frame | undefined} */
  next() {
    if (!this.hasFrame()) return undefined;
    const at = this.#start;
    const size = this.#claimed();
    this.#start += size;
    return {
      id: this.#buffer.readUInt32LE(at + 4),
      model: this.#buffer.readUInt32LE(at + 8),
      kind: this.#buffer.readUInt16LE(at + 12),
      count: this.#buffer.readUInt16LE(at + 14),
      body: this.#buffer.subarray(at + HEADER_BYTES, at + size),
    };
  }
}
