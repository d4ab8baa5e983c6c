"use client";
import { ErrorNotice } from "@/components/common/error-notice";
import "./globals.css";

/** The last resort: the root layout itself failed, so this brings its own document. */
export default function GlobalError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <html lang="en">
      <body className="font-sans">
        <title>Something went wrong · Modelworks</title>
        <main className="mx-auto flex min-h-dvh max-w-xl flex-col justify-center gap-4 p-6">
          <h1 className="text-xl font-semibold">This page could not be shown</h1>
          <ErrorNotice error={error} onRetry={reset} />
        </main>
      </body>
    </html>
  );
}
