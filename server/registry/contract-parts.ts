import { Contract, ContractCheck, Signature } from "./contract/schemas";
import type { ModelVersion } from "./load";

export interface ContractView {
  contract: Contract | null;
  digest: string | null;
  check: ContractCheck | null;
  signature: Signature | null;
}

/** Contract, real signature and their comparison, as stored with a version. */
export function contractView(version: ModelVersion): ContractView {
  const [contract, check, signature] = [
    Contract.safeParse(version.contract),
    ContractCheck.safeParse(version.contractCheck),
    Signature.safeParse(version.signature),
  ];
  return {
    contract: contract.success ? contract.data : null,
    digest: version.contractDigest,
    check: check.success ? check.data : null,
    signature: signature.success ? signature.data : null,
  };
}
