export { createObjectStore, type ObjectStoreSettings } from "./create-object-store";
export type {
  BlobDigest,
  BlobSource,
  BlobVerification,
  ByteRange,
  ObjectStore,
  PutOptions,
  StoredBlob,
} from "./port";
