/** A key that signs attestations. The private half never leaves the adapter. */
export interface Signer {
  /** Lower-case hex SHA-256 of the public key as SPKI DER. */
  readonly keyId: string;
  readonly algorithm: "ecdsa-p256-sha256";
  readonly publicKeyPem: string;
  /** ASN.1 DER signature (ECDSA P-256 over SHA-256) of the bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** The transparency log's own key; separate from the attestation key so that neither can stand in for the other. */
export interface LogSigner {
  readonly keyId: string;
  readonly algorithm: "ed25519";
  readonly publicKeyPem: string;
  /** The 32 raw bytes of the public key, as note verifier keys carry it. */
  readonly rawPublicKey: Uint8Array;
  /** Pure Ed25519 signature (64 bytes). */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

export type KeyPurpose = "attestor" | "log";

/** A public key that signed once. What it signed counts as before, unless it was revoked. */
export interface FormerKey {
  readonly keyId: string;
  readonly purpose: KeyPurpose;
  readonly algorithm: string;
  readonly publicKeyPem: string;
  /** Unknown for the first key, which was made on first use. */
  readonly validFrom?: Date | undefined;
  readonly validUntil: Date;
  readonly revokedAt?: Date | undefined;
  readonly reason?: string | undefined;
}

/** The keys that sign now and those that did. It lies on disk, so that no row of the database can make a key trusted. */
export interface KeyRing {
  readonly attestation: Signer;
  readonly log: LogSigner;
  /** Oldest first; the keys that sign now are not among them. */
  readonly former: readonly FormerKey[];
}
