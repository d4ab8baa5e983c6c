export type { LogSigner, Signer } from "./port";
export { openLocalSigners, keyIdOf } from "./local-signer";
