import { AdminQuotas } from "@/components/compute/admin-quotas";
import { Guarded } from "@/components/identity/guarded";

export const metadata = { title: "Base quotas" };

export default function AdminQuotasPage() {
  return (
    <Guarded permission="compute.quota.set" what="Setting quotas" neededRole="platform administrator">
      <AdminQuotas />
    </Guarded>
  );
}
