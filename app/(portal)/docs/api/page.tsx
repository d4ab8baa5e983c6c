import { ApiReferenceView } from "@/components/platform/api-reference";
import { env } from "@/server/core/env";

export const metadata = { title: "API reference" };

export default function ApiReferencePage() {
  return <ApiReferenceView host={env().portalUrl} />;
}
