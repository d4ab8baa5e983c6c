import { NotFoundState } from "@/components/common/not-found-state";

export const metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <main id="main" className="mx-auto flex min-h-dvh max-w-xl flex-col justify-center p-6">
      <NotFoundState />
    </main>
  );
}
