import { TokenSettings } from "@/components/identity/token-settings";
import { env } from "@/server/core/env";

export const metadata = { title: "API tokens" };

export default function TokensPage() {
  return <TokenSettings portalUrl={env().portalUrl} />;
}
