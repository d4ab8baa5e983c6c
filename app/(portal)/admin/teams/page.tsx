import { TeamsList } from "@/components/identity/teams-list";

export const metadata = { title: "Teams" };

export default function TeamsPage() {
  return <TeamsList />;
}
