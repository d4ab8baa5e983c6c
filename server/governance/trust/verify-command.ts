const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export interface VerifyCommandInput {
  /** File names as the reader saved them. */
  bundleFile: string;
  publicKeyFile: string;
  /** `sha256:<hex>` of what the attestation is about. */
  subjectDigest: string;
}

const hexOf = (digest: string): string => digest.replace(/^sha256:/, "");

/**
 * POSIX shell that checks a downloaded bundle with `openssl` and the base system alone: rebuilds the signed bytes,
 * verifies the signature and that the statement names the subject's digest. Ends non-zero on any failure.
 */
export function opensslVerifyCommand({
  bundleFile,
  publicKeyFile,
  subjectDigest,
}: VerifyCommandInput): string {
  return [
    "(",
    "set -eu",
    "work=$(mktemp -d); trap 'rm -rf \"$work\"' EXIT",
    `field() { tr -d '\\n' < ${quote(bundleFile)} | grep -o "\\"$1\\": *\\"[^\\"]*\\"" | sed -n '1s/^[^:]*: *"//;1s/"$//p'; }`,
    'field payload | openssl base64 -d -A > "$work/payload"',
    'field sig | openssl base64 -d -A > "$work/signature"',
    "type=$(field payloadType)",
    `{ printf 'DSSEv1 %d %s %d ' "\${#type}" "$type" "$(($(wc -c < "$work/payload")))"; cat "$work/payload"; } > "$work/signed"`,
    `openssl dgst -sha256 -verify ${quote(publicKeyFile)} -signature "$work/signature" "$work/signed"`,
    `digest=${quote(hexOf(subjectDigest))}`,
    'grep -q "\\"sha256\\":\\"$digest\\"" "$work/payload" && echo "Digest matches: $digest" || { echo "Digest is not in the statement: $digest" >&2; exit 1; }',
    ")",
  ].join("\n");
}

/** The same check with cosign 3, which also verifies the inclusion proof against the log's keys. */
export function cosignVerifyCommand(
  input: VerifyCommandInput & { trustedRootFile: string; predicateType: string },
): string {
  return [
    "cosign verify-blob-attestation",
    `--bundle ${quote(input.bundleFile)}`,
    `--key ${quote(input.publicKeyFile)}`,
    `--trusted-root ${quote(input.trustedRootFile)}`,
    `--type ${quote(input.predicateType)}`,
    `--digest ${hexOf(input.subjectDigest)} --digestAlg sha256`,
  ].join(" \\\n  ");
}
