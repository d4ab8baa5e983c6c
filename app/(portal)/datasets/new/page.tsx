import type { Metadata } from "next";
import { NewDataset } from "@/components/datasets/new-dataset";
import { Guarded } from "@/components/identity/guarded";

export const metadata: Metadata = { title: "Upload a dataset" };

export default function NewDatasetPage() {
  return (
    <Guarded permission="datasets.dataset.write" what="Uploading datasets" neededRole="member">
      <NewDataset />
    </Guarded>
  );
}
