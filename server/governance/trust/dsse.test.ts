import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { utf8 } from "./bytes";
import { preAuthEncoding, verifyEnvelope } from "./dsse";
import { openNote, signNote, verifierKeyText } from "./note";
import {
  buildStatement,
  encodeStatement,
  parseStatement,
  PREDICATE_TYPES,
  statementConcerns,
} from "./statement";

/** RFC 8032 secret keys of tests 1 and 2. */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const keyOf = (seed: string) =>
  createPrivateKey({ key: Buffer.concat([PKCS8, Buffer.from(seed, "hex")]), format: "der", type: "pkcs8" });
const one = keyOf("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
const two = keyOf("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
const pem = (key: typeof one) => createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
const envelope = (type: string, body: Uint8Array, ...keys: (typeof one)[]) => ({
  payload: Buffer.from(body).toString("base64"),
  payloadType: type,
  signatures: keys.map((key) => ({ sig: sign(null, preAuthEncoding(type, body), key).toString("base64") })),
});
const trust = {
  publicKeysPem: [pem(one), pem(two)],
  acceptedPayloadTypes: ["http://example.com/HelloWorld"],
};
const body = utf8("hello world");

describe("DSSE", () => {
  it("encodes as the specification prints it, with lengths in bytes", () => {
    const text = (type: string, payload: string) =>
      Buffer.from(preAuthEncoding(type, utf8(payload))).toString();
    expect(text("http://example.com/HelloWorld", "hello world")).toBe(
      "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
    );
    expect(text("é", "")).toBe("DSSEv1 2 é 0 ");
  });

  it("returns exactly the signed bytes, from either alphabet", () => {
    const bytes = new Uint8Array([0xfb, 0xff, 0xfe, 1]);
    const good = envelope(trust.acceptedPayloadTypes[0] ?? "", bytes, one);
    const url = { ...good, payload: good.payload.replaceAll("+", "-").replaceAll("/", "_") };
    expect(url.payload).not.toBe(good.payload);
    for (const form of [good, url])
      expect(verifyEnvelope(form, trust)).toMatchObject({ ok: true, payload: bytes });
  });

  it("counts different keys, not signatures", () => {
    const type = "http://example.com/HelloWorld";
    expect(verifyEnvelope(envelope(type, body, one, one), { ...trust, threshold: 2 }).ok).toBe(false);
    expect(verifyEnvelope(envelope(type, body, one, two), { ...trust, threshold: 2 }).ok).toBe(true);
    const repeated = { ...trust, publicKeysPem: [pem(one), pem(one)], threshold: 2 };
    expect(verifyEnvelope(envelope(type, body, one, one), repeated).ok).toBe(false);
  });

  it("refuses another type, another key, no signature and an unaccepted type", () => {
    const good = envelope("http://example.com/HelloWorld", body, one);
    expect(verifyEnvelope({ ...good, payloadType: "http://example.com/HelloWorle" }, trust).ok).toBe(false);
    expect(verifyEnvelope(good, { ...trust, publicKeysPem: [pem(two)] }).ok).toBe(false);
    expect(verifyEnvelope({ ...good, signatures: [] }, trust).ok).toBe(false);
    expect(verifyEnvelope(envelope("text/plain", body, one), trust)).toMatchObject({
      ok: false,
      reason: /not accepted/,
    });
    expect(verifyEnvelope(good, { ...trust, threshold: 0 }).ok).toBe(false);
  });
});

describe("signed notes", () => {
  it("opens for the key alone that signed, and ignores unknown signatures", async () => {
    const raw = new Uint8Array(createPublicKey(one).export({ type: "spki", format: "der" }).subarray(-32));
    const signer = {
      keyId: "",
      algorithm: "ed25519" as const,
      publicKeyPem: pem(one),
      rawPublicKey: raw,
      sign: async (bytes: Uint8Array) => sign(null, bytes, one),
    };
    const note = await signNote("line\n", "example.com/log", signer);
    expect(openNote(note, verifierKeyText("example.com/log", raw))).toBe("line\n");
    expect(openNote(`${note}\u2014 other AAAAAAAA\n`, verifierKeyText("example.com/log", raw))).toBe(
      "line\n",
    );
    expect(openNote(note, verifierKeyText("example.org/log", raw))).toBeUndefined();
    expect(openNote(note.replace("line", "lime"), verifierKeyText("example.com/log", raw))).toBeUndefined();
  });
});

describe("statements", () => {
  const sha = "a".repeat(64);
  const review = {
    reviewId: "rev_1",
    environment: "production",
    decision: "approve" as const,
    reason: "Looks right",
    reviewer: { id: "usr_1", role: "reviewer" },
    evidence: [],
    reviewedOn: "2026-01-01T00:00:00Z",
  };

  it("survive the round trip and match by digest", () => {
    const built = buildStatement(
      [{ name: "m", sha256: `sha256:${sha}` }],
      PREDICATE_TYPES.humanReview,
      review,
    );
    expect(parseStatement(encodeStatement(built))).toEqual(built);
    expect(statementConcerns(built, sha)).toBe(true);
    expect(statementConcerns(built, "b".repeat(64))).toBe(false);
  });

  it("refuse upper-case digests, no subject and a predicate that misses fields", () => {
    expect(() =>
      buildStatement([{ sha256: sha.toUpperCase() }], PREDICATE_TYPES.humanReview, review),
    ).toThrow();
    expect(() => buildStatement([], PREDICATE_TYPES.humanReview, review)).toThrow();
    const built = buildStatement([{ sha256: sha }], PREDICATE_TYPES.humanReview, review);
    expect(
      parseStatement(utf8(JSON.stringify({ ...built, predicate: { decision: "approve" } }))),
    ).toBeUndefined();
    expect(parseStatement(utf8("{"))).toBeUndefined();
  });
});
