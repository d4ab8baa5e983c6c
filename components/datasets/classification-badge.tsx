import { Globe, Lock, ShieldAlert, Users, type LucideIcon } from "lucide-react";
import { Badge, type Tone } from "@/components/ui/badge";

const LOOKS: Record<string, { label: string; icon: LucideIcon; tone: Tone }> = {
  public: { label: "Public", icon: Globe, tone: "neutral" },
  internal: { label: "Internal", icon: Users, tone: "info" },
  confidential: { label: "Confidential", icon: Lock, tone: "warning" },
  restricted: { label: "Restricted", icon: ShieldAlert, tone: "negative" },
};

export const CLASSIFICATION_OPTIONS = Object.entries(LOOKS).map(([value, { label }]) => ({ value, label }));

/** How carefully the data must be handled, as icon, word and colour. */
export function ClassificationBadge({ value }: { value: string }) {
  const look = LOOKS[value];
  if (!look) return <Badge>{value}</Badge>;
  const Icon = look.icon;
  return (
    <Badge tone={look.tone}>
      <Icon aria-hidden /> {look.label}
    </Badge>
  );
}
