import { NotFoundState } from "@/components/common/not-found-state";

export const metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <div className="mx-auto max-w-xl py-16">
      <NotFoundState />
    </div>
  );
}
