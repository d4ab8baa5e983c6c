import { AuditList } from "@/components/identity/audit-list";
import { Guarded } from "@/components/identity/guarded";

export const metadata = { title: "Audit" };

export default function AuditPage() {
  return (
    <Guarded permission="identity.audit.read" what="Reading the audit log" neededRole="team admin">
      <AuditList />
    </Guarded>
  );
}
