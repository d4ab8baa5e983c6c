"use client";
import { ErrorNotice } from "@/components/common/error-notice";

export default function PortalError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <div className="mx-auto flex max-w-2xl flex-col gap-4 py-10">
      <h1 className="text-xl font-semibold">This page could not be shown</h1>
      <ErrorNotice error={error} onRetry={reset} />
    </div>
  );
}
