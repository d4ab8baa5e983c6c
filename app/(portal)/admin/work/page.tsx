import { Guarded } from "@/components/identity/guarded";
import { WorkList } from "@/components/platform/work-list";
import { env } from "@/server/core/env";

export const metadata = { title: "Background work" };

export default function WorkPage() {
  return (
    <Guarded permission="platform.console.read" what="Background work" neededRole="platform administrator">
      <WorkList host={env().portalUrl} />
    </Guarded>
  );
}
