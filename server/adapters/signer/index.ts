export type { FormerKey, KeyPurpose, KeyRing, LogSigner, Signer } from "./port";
export {
  keyIdOf,
  keyRingStamp,
  openKeyRing,
  openLocalSigners,
  rawEd25519,
  trustedAttestors,
  trustedFormer,
} from "./local-signer";
export { revokeKey, rotateKey, signingSince } from "./rotate-keys";
