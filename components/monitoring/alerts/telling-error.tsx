import { ErrorNotice } from "@/components/common/error-notice";
import type { useTelling } from "./use-telling";

/** Why nothing stands at the alerts of who is told next. */
export function TellingError({ telling }: { telling: ReturnType<typeof useTelling> }) {
  if (!telling.error) return null;
  return <ErrorNotice title="Who is told cannot be shown" error={telling.error} onRetry={telling.retry} />;
}
