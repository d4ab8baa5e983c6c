import { JobsList } from "@/components/compute/jobs-list";

export const metadata = { title: "Jobs" };

export default function JobsPage() {
  return <JobsList />;
}
