import { ExperimentsList } from "@/components/experiments/experiments-list";

export const metadata = { title: "Experiments" };

export default function ExperimentsPage() {
  return <ExperimentsList />;
}
