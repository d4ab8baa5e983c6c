export { open, seal, type Sealed } from "./secret-box";
export { addSecretKey, openSecretKeys, secretKeysStamp, type SecretKeys } from "./secret-keys";
