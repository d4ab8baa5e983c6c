import { TeamMembers } from "@/components/identity/team-members";

export const metadata = { title: "Team members" };

export default async function TeamPage({ params }: { params: Promise<{ teamId: string }> }) {
  return <TeamMembers teamId={(await params).teamId} />;
}
