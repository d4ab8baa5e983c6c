import { DeploymentsList } from "@/components/serving/deployments-list";

export const metadata = { title: "Deployments" };

export default function DeploymentsPage() {
  return <DeploymentsList />;
}
