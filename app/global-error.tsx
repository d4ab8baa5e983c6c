"use client";
import "./globals.css";

/** The last resort: the root layout itself failed, so this brings its own document. It shares nothing with the pages, so that every page carries little of it. */
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
        <main className="mx-auto flex min-h-dvh max-w-xl flex-col items-start justify-center gap-4 p-6">
          <h1 className="text-xl font-semibold">This page could not be shown</h1>
          <p role="alert" className="text-fg-muted">
            Something went wrong on our side. Try again; if it stays, give the request id to whoever runs this
            portal.
          </p>
          {error.digest ? <p className="font-mono text-xs text-fg-subtle">Request {error.digest}</p> : null}
          <button
            type="button"
            onClick={reset}
            className="h-8 rounded-md border bg-surface-raised px-3 font-medium hover:bg-surface-hover"
          >
            Try again
          </button>
        </main>
      </body>
    </html>
  );
}
