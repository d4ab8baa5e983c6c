import { Guarded } from "@/components/identity/guarded";
import { Console } from "@/components/platform/console";
import { env } from "@/server/core/env";

export const metadata = { title: "Console" };

export default function ConsolePage() {
  return (
    <Guarded permission="platform.console.read" what="The console" neededRole="platform administrator">
      <Console host={env().portalUrl} />
    </Guarded>
  );
}
