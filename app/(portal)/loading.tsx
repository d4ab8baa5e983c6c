import { ListSkeleton } from "@/components/common/skeletons";

export default function Loading() {
  return <ListSkeleton />;
}
